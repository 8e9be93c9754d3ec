"""A process that has the model's files come while the preloader imports the engine.

A fork of the preloader from before the import, so it is small; it ends with the import or with the download, whichever
is later.
"""

import contextlib
import os
import select
import signal
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from setproctitle import setproctitle

from dragoman import machine
from dragoman.errors import DragomanError, EngineStartError
from dragoman.platforms.dialect import dialect
from dragoman.process.channel import Channel, Fetched, Fetching, Hopeless, Phase
from dragoman.process.plan import Plan
from dragoman.process.server import one_line

WAITING = "waiting for the download"
# The import must not become slower by it.
NICENESS = 10


class Fetcher:
    """Started on entry; after exit it has ended.

    Args:
        plan: what is to be served.
        channel: where the doorman is told how far it is.
    """

    def __init__(self, plan: Plan, channel: Channel) -> None:
        self._plan = plan
        self._channel = channel

    def __enter__(self) -> Self:
        self._outcome, theirs = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._outcome)
            _become_fetcher(self._plan, self._channel, theirs)
        os.close(theirs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._outcome)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def fetched(self) -> Plan:
        """Waits for the download.

        Returns:
            The plan with what has been fetched.

        Raises:
            EngineStartError: there is nothing; the doorman has been told the reason.
        """
        if not select.select([self._outcome], [], [], 0)[0]:
            self._channel.send(Phase(WAITING))
        with open(self._outcome, "rb", closefd=False) as outcome:
            data = outcome.read()
        if not data:
            raise EngineStartError("the process that fetches the model was killed")
        return Plan.from_json(data)


def _become_fetcher(plan: Plan, channel: Channel, outcome: int) -> NoReturn:
    """What the fork does for the rest of its life."""
    setproctitle("dragoman fetcher")
    os.nice(NICENESS)
    try:
        _fetch(plan, channel, outcome)
    except Exception as error:
        if not isinstance(error, DragomanError):
            traceback.print_exc()
        channel.send(Hopeless(one_line(error)))
    finally:
        sys.stderr.flush()
        os._exit(0)


def _fetch(plan: Plan, channel: Channel, outcome: int) -> None:
    from dragoman.downloads.models import fetched
    from dragoman.downloads.read_ahead import budget, forget, read_ahead

    def report(what: str) -> None:
        channel.send(Fetching(what))

    plan = dialect(plan.platform).fetch(plan, report)
    files: Iterable[Path] = fetched(plan.engine_args, os.environ, report)
    if counts_pages(plan.engine_args):
        with contextlib.suppress(OSError):
            forget(files)
        files = ()
    channel.send(Fetched())
    with open(outcome, "wb") as file:
        file.write(plan.to_json())
    # Nobody waits for this, and the engine says what is wrong with its files.
    with contextlib.suppress(OSError):
        read_ahead(files, budget())


def counts_pages(engine_args: Sequence[str]) -> bool:
    """Whether the pages of the model's files may keep the engine from starting.

    On a CPU vLLM asks for a share of the container's memory, and takes the page cache for used.
    """
    asked = "--kv-cache-memory-bytes" in engine_args
    return not asked and machine.memory().limited and not machine.count_gpus(os.environ)
