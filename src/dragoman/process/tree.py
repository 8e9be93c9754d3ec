"""The preloader and all that it forks, as the doorman holds them."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, cast

from dragoman.process import kinship
from dragoman.process.channel import Booted, Channel, Message, Start
from dragoman.process.output import LONGEST, Output
from dragoman.process.plan import Plan
from dragoman.process.timeline import BootReport

PARTING = 2.0


@dataclass(frozen=True)
class Gone:
    """The preloader has ended, and with it all that it forked; the exit code is negative for a signal."""

    code: int


class Tree:
    """Started on entry; after exit no process of it is left.

    Args:
        plan: what the tree is to serve.
        environment: the variables of its processes.
        output: where its lines go.
        tell: called with each message, and with ``Gone`` when the preloader has ended.
    """

    def __init__(
        self, plan: Plan, environment: Mapping[str, str], output: Output, tell: Callable[[Message | Gone], None]
    ) -> None:
        self._plan = plan
        self._environment = environment
        self._output = output
        self._tell = tell

    async def __aenter__(self) -> Self:
        self._channel, theirs = Channel.pair()
        plan = replace(self._plan, channel_fd=theirs.sock.fileno())
        self._preloader = await asyncio.create_subprocess_exec(
            sys.executable,
            # Each line at once, none twice after a fork; and no module from the directory that this was started in.
            "-uP",
            "-m",
            "dragoman.process.preloader",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(plan.listen_fd, plan.channel_fd),
            env=dict(self._environment),
            start_new_session=True,
            limit=LONGEST,
        )
        theirs.close()
        await self._hand_down(plan)
        self._hung_up = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._channel.sock, self._receive)
        self._watch = asyncio.create_task(self._watch_preloader())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._preloader.kill()
        await self._preloader.wait()
        await self.bury_orphans()
        await self._watch

    async def bury_orphans(self) -> None:
        """Ends what a dead process of the tree left behind."""
        await asyncio.to_thread(kinship.end_orphans, PARTING, self._preloader.pid)

    def fork_server(self, restarts: int) -> None:
        """Has the preloader fork a server process as soon as it can."""
        with contextlib.suppress(OSError):
            self._channel.send(Start(restarts))

    def tell_server(self, report: BootReport) -> None:
        """Has the server process know what its start was made of."""
        with contextlib.suppress(OSError):
            self._channel.send(Booted(report.to_json()))

    async def _hand_down(self, plan: Plan) -> None:
        stdin = cast(asyncio.StreamWriter, self._preloader.stdin)
        with contextlib.suppress(ConnectionError):
            stdin.write(plan.to_json())
            await stdin.drain()
        stdin.close()

    def _receive(self) -> None:
        message = self._channel.receive()
        if message is None:
            self._hang_up()
        else:
            self._tell(message)

    def _hang_up(self) -> None:
        asyncio.get_running_loop().remove_reader(self._channel.sock)
        self._channel.close()
        self._hung_up.set()

    async def _watch_preloader(self) -> None:
        """Tells that the preloader has ended, after all that it and its forks had to say."""
        copying = asyncio.create_task(self._output.copy(cast(asyncio.StreamReader, self._preloader.stdout)))
        hung_up = asyncio.create_task(self._hung_up.wait())
        code = await self._preloader.wait()
        _, late = await asyncio.wait([copying, hung_up], timeout=PARTING)
        for task in late:
            task.cancel()
        if not self._hung_up.is_set():
            self._hang_up()
        self._tell(Gone(code))


def send_signal(pid: int, number: signal.Signals) -> None:
    """Sends a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
