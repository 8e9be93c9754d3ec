"""The process that has imported the engine once and forks a server process for every start.

Run as ``python -m dragoman.process.preloader`` with the plan on standard input. It stays in one thread, because
only the forking thread exists in a fork.
"""

import os
import sys

from setproctitle import setproctitle

from dragoman.engine import Source, load
from dragoman.errors import DragomanError
from dragoman.platforms.dialect import dialect
from dragoman.process import garbage, kinship
from dragoman.process.channel import Channel, Ended, Failed, Phase, Preparing, Start, Started
from dragoman.process.fetcher import Fetcher
from dragoman.process.plan import Plan
from dragoman.process.server import become_server, one_line
from dragoman.process.timeline import IMPORTING


def main() -> None:
    """Imports, then forks on every ``Start`` until the doorman is gone."""
    setproctitle("dragoman preloader")
    plan = Plan.from_json(sys.stdin.buffer.read())
    kinship.die_with(plan.doorman)
    kinship.bind_forks()
    os.set_inheritable(plan.listen_fd, False)
    channel = Channel.inherited(plan.channel_fd)
    plan, source = _load(plan, channel)
    while (message := channel.receive()) is not None:
        # Else it is what a server process did not live to read.
        if isinstance(message, Start):
            _serve(plan, channel, source, message.restarts)


def _serve(plan: Plan, channel: Channel, source: Source, restarts: int) -> None:
    pid = os.fork()
    if pid == 0:
        become_server(plan, channel, source, restarts)
    channel.send(Started(pid))
    _, status = os.waitpid(pid, 0)
    channel.send(Ended(pid, os.waitstatus_to_exitcode(status)))


def _load(plan: Plan, channel: Channel) -> tuple[Plan, Source]:
    try:
        plan = dialect(plan.platform).prepare(plan, lambda phase: channel.send(Preparing(phase)))
        channel.send(Phase(IMPORTING))
        if plan.engine_url is not None:
            return plan, load(plan)
        with Fetcher(plan, channel) as fetcher:
            with garbage.set_aside():
                source = load(plan)
            return fetcher.fetched(), source
    except Exception as error:
        channel.send(Failed(one_line(error)))
        if isinstance(error, DragomanError):
            sys.exit(error.exit_code)
        raise


if __name__ == "__main__":
    main()
