"""The parent of the worker: it holds the port from the first second to the last and sees to the rest.

It imports neither vLLM nor torch. While no server process is ready it answers itself; the port never refuses.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import uvloop
from setproctitle import setproctitle

from dragoman.engine.milestones import PHASES, milestone
from dragoman.errors import CrashLoopError, EngineStartError
from dragoman.platforms import PLATFORMS, Platform
from dragoman.platforms.dialect import dialect
from dragoman.process import kinship
from dragoman.process.address import Address
from dragoman.process.boots import Boots
from dragoman.process.channel import (
    Ended,
    Failed,
    Fetched,
    Fetching,
    Hopeless,
    Phase,
    Preparing,
    Ready,
    Retire,
    Started,
)
from dragoman.process.engine_output import engine_output
from dragoman.process.exits import manner
from dragoman.process.listener import HttpOptions, Listener
from dragoman.process.observers import Observers
from dragoman.process.output import HINT
from dragoman.process.plan import Plan
from dragoman.process.restarts import RestartPolicy
from dragoman.process.run_directory import RunDirectory
from dragoman.process.timeline import BootReport, Timeline
from dragoman.process.tree import Gone, Tree, send_signal
from dragoman.serving import probes
from dragoman.serving.entrance.access import Access
from dragoman.serving.entrance.exposure import Exposure
from dragoman.serving.entrance.limits import Limits
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.observation import Observation
from dragoman.serving.queue.queueing import Queueing
from dragoman.settings.resolution import Resolution

# A parent-death signal comes once for each thread of the parent.
ECHO = 0.5
OVERTIME = 10.0
HASTE = 5.0

log = logging.getLogger("dragoman")


def run(resolution: Resolution) -> int:
    """Serves until SIGTERM or SIGINT.

    Args:
        resolution: settings without errors.

    Returns:
        0 after a drain, 1 when a second signal cut the drain short.

    Raises:
        ConfigurationError: the address cannot be had.
        EngineStartError: the engine cannot start.
        CrashLoopError: the engine dies again and again.
    """
    launched = time.monotonic()
    # The command line, which may hold secrets, is shown to every user of the machine.
    setproctitle("dragoman doorman")
    value = resolution.value
    observation = Observation.of(value, sys.stderr)
    address = Address(value("host"), value("port"), value("uds"), tls=value("ssl_certfile") is not None)
    with contextlib.ExitStack() as held:
        sock = held.enter_context(address.bind())
        held.callback(address.release)
        health = Address.of_probes(value)
        health_sock = held.enter_context(health.bind()) if health else None
        environment = _environment(held.enter_context(RunDirectory()).path, resolution)
        plan = _plan(resolution, observation, launched, sock)
        log.info("listening on %s", address.of(sock))
        for told in (plan.access.told(_platform(resolution).guard), *observation.told()):
            log.info(told)
        boots = Boots.of(resolution, environment)
        return uvloop.run(Doorman(plan, sock, environment, value("startup_timeout"), health_sock, boots).run())


def _plan(resolution: Resolution, observation: Observation, launched: float, sock: socket.socket) -> Plan:
    value = resolution.value
    hands_down = _platform(resolution).hands_down
    return Plan(
        platform=resolution.platform,
        dialect={name: value(name) for name in hands_down},
        engine_args=resolution.engine_args,
        engine_url=value("engine_url"),
        access=Access.of(value("api_key") or ()),
        http=HttpOptions.of(value),
        exposure=Exposure.of(value("root_path"), {**os.environ, **resolution.environment}),
        limits=Limits.of(value),
        observation=observation,
        queueing=Queueing.of(value, hands_down),
        grace=value("grace_period"),
        launched=launched,
        doorman=os.getpid(),
        listen_fd=sock.fileno(),
        channel_fd=-1,
    )


def _platform(resolution: Resolution) -> Platform:
    return next(platform for platform in PLATFORMS if platform.name == resolution.platform)


def _environment(directory: Path, resolution: Resolution) -> Mapping[str, str]:
    """The variables of the tree: sockets and temporary files go where they are removed."""
    ours = {"TMPDIR": str(directory), "VLLM_RPC_BASE_PATH": str(directory)}
    variables = {"OTEL_SERVICE_NAME": "dragoman", **os.environ, **ours, **resolution.environment}
    return {name: value for name, value in variables.items() if value is not None}


@dataclass(frozen=True)
class Terminate:
    """SIGTERM or SIGINT came."""


@dataclass(frozen=True)
class Overdue:
    """The server process did not end in time."""


@dataclass(frozen=True)
class Late:
    """The time that the first start may take is over."""


@dataclass(frozen=True)
class Restart:
    """The pause after the death of that tree's server process is over."""

    tree: Tree


@dataclass(frozen=True)
class Replace:
    """The pause after the death of the preloader is over."""


class Doorman:
    """Supervises one tree of processes after another.

    Args:
        plan: what to serve.
        sock: the listening socket.
        environment: the variables of the processes.
        patience: seconds that the first start may take; None for any time.
        health_sock: a second listening socket, for probes alone.
        boots: what a start is compared with, if with anything.
    """

    def __init__(
        self,
        plan: Plan,
        sock: socket.socket,
        environment: Mapping[str, str],
        patience: float | None = None,
        health_sock: socket.socket | None = None,
        boots: Boots | None = None,
    ) -> None:
        self._plan = plan
        self._environment = environment
        self._deaf_until: defaultdict[signal.Signals, float] = defaultdict(float)
        self._output = engine_output(plan.observation.log_format, self._heed)
        self._lifecycle = Lifecycle(plan.launched)
        self._timeline = Timeline(plan.launched, self._lifecycle.phase)
        self._boots = boots
        self._lifecycle.start = lambda: self._start().summary()
        self._patience = patience
        self._speaks = dialect(plan.platform)
        probe = partial(self._speaks.probe, settings=plan.dialect)
        observers = Observers(plan)
        quiet = replace(plan.http, log_level="error")
        self._listener = Listener(observers.of_doorman(probes.while_away(probe, self._lifecycle)), sock, quiet, grace=1)
        alone = observers.of_doorman(probes.on_their_own(probe, self._lifecycle))
        self._health = Listener(alone, health_sock, quiet, grace=1) if health_sock else None
        self._policy = RestartPolicy()
        self._events: asyncio.Queue[object] = asyncio.Queue()
        self._server: int | None = None
        self._preparing: str | None = None
        self._ready_at: float | None = None
        self._ever_ready = False
        self._reason: str | None = None
        self._restarts = 0

    async def run(self) -> int:
        """Serves to the end; returns and raises what ``run`` of this module does."""
        kinship.adopt_orphans()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._signalled, number)
        await self._listener.open()
        if self._health:
            await self._health.open()
        if self._patience is not None:
            self._later(self._patience, Late())
        try:
            return await self._supervise()
        except (EngineStartError, CrashLoopError):
            await self._speaks.failed(self._plan.dialect)
            raise

    async def _supervise(self) -> int:
        while True:
            async with Tree(self._plan, self._environment, self._output, self._events.put_nowait) as tree:
                tree.fork_server(self._restarts)
                if (code := await self._attend(tree)) is not None:
                    return code

    async def _attend(self, tree: Tree) -> int | None:
        """Handles events until the worker is to end (its exit code) or the tree has to be replaced (None)."""
        while True:
            match await self._events.get():
                case Preparing(name):
                    self._preparing = name
                    self._enter(name)
                case Phase(name):
                    self._preparing = None
                    self._enter(name)
                case Fetching(what):
                    self._fetch(what)
                case Fetched():
                    self._timeline.end_download()
                    self._show(self._timeline.phase)
                case Hopeless(reason) if not self._draining:
                    if not self._ever_ready:
                        raise EngineStartError(f"the engine did not start: {reason}")
                    await self._take_back(reason)
                case Started(pid):
                    self._server = pid
                case Ready(pid) if not self._draining:
                    self._hand_over(pid, tree)
                case Failed(reason):
                    await self._take_back(reason)
                case Ended() | Gone() if self._draining:
                    return 0
                case Ended(code=code):
                    await tree.bury_orphans()
                    self._later(await self._mourn(code), Restart(tree))
                case Gone(code):
                    self._later(await self._mourn(code), Replace())
                case Restart(mourned) if mourned is tree:
                    tree.fork_server(self._restarts)
                case Replace():
                    return None
                case Late() if not self._ever_ready and not self._draining:
                    raise EngineStartError(self._lateness(), self._output.last())
                case Retire() if not self._draining:
                    self._events.put_nowait(Terminate())
                case Terminate() if self._draining:
                    return 1
                case Terminate():
                    if self._server is None:
                        return 0
                    await self._drain(self._server)
                case Overdue():
                    log.warning("the server process did not end in time and is killed")
                    return 0

    def _signalled(self, number: signal.Signals) -> None:
        """Notes a signal, but for its own echoes."""
        now = asyncio.get_running_loop().time()
        if now >= self._deaf_until[number]:
            self._deaf_until[number] = now + ECHO
            self._events.put_nowait(Terminate())

    @property
    def _draining(self) -> bool:
        return self._lifecycle.status is Status.DRAINING

    def _later(self, seconds: float, event: object) -> None:
        asyncio.get_running_loop().call_later(seconds, self._events.put_nowait, event)

    def _enter(self, phase: str) -> None:
        self._timeline.enter(phase)
        self._show(phase)
        if not self._draining:
            log.info("%s (%.1f s)", phase, self._lifecycle.seconds)

    def _show(self, phase: str) -> None:
        if not self._draining:
            self._lifecycle.enter(self._lifecycle.status, phase)

    def _fetch(self, what: str) -> None:
        self._timeline.begin_download()
        self._show(f"{self._timeline.phase}, {what}")
        log.info("%s (%.1f s)", what, self._lifecycle.seconds)

    def _heed(self, line: str) -> None:
        """Follows EngineCore, which tells nobody but its log how far it is."""
        if self._timeline.phase in PHASES and (phase := milestone(line)) and phase not in self._timeline:
            self._enter(phase)

    def _hand_over(self, server: int, tree: Tree) -> None:
        """Lets the server process accept, at the moment when this process does no more."""
        report = self._start()
        tree.tell_server(report)
        self._listener.close()
        send_signal(server, signal.SIGUSR1)
        log.info("ready after %.1f s", self._lifecycle.seconds)
        for line in report.table():
            log.info(line)
        self._lifecycle.enter(Status.READY)
        self._lifecycle.boot = report.summary()
        self._ready_at = time.monotonic()
        self._ever_ready = True
        if self._boots:
            self._boots.keep(report.boot)

    def _start(self) -> BootReport:
        """What the start is made of so far, beside the last one of its kind."""
        boot = self._timeline.boot()
        return BootReport(boot, self._boots.last(boot) if self._boots else None)

    async def _take_back(self, reason: str) -> None:
        """Answers in the place of a server process that does not."""
        self._reason = self._reason or reason
        if self._ever_ready and not self._draining and self._lifecycle.status is not Status.RESTARTING:
            self._lifecycle.enter(Status.RESTARTING)
            self._timeline = Timeline(time.monotonic(), self._lifecycle.phase)
        await self._listener.open()

    async def _drain(self, server: int) -> None:
        ready = self._lifecycle.ready
        self._lifecycle.enter(Status.DRAINING)
        log.info("draining for at most %g s", self._plan.grace if ready else HASTE)
        send_signal(server, signal.SIGTERM)
        await self._listener.open()
        self._later(self._plan.grace + OVERTIME if ready else HASTE, Overdue())

    async def _mourn(self, code: int) -> float:
        """Seconds to wait before the next start.

        Args:
            code: exit code of the server process or the preloader, negative for a signal.

        Raises:
            EngineStartError: it never served, and there is no hope that it will.
            CrashLoopError: it served, but it dies again and again.
        """
        ended = manner(code)
        await self._take_back(f"{self._preparing} ended the process: {ended}" if self._preparing else ended)
        served = time.monotonic() - self._ready_at if self._ready_at is not None else 0.0
        delay = self._policy.delay(served)
        words = self._output.last()
        cause = f"{self._cause()}; its last lines:" if words else self._cause()
        if not self._ever_ready and (code >= 0 or self._preparing or delay is None):
            raise EngineStartError(f"the engine did not start: {cause}", words)
        if delay is None:
            raise CrashLoopError(f"the engine dies again and again: {cause}", words)
        log.warning("the engine is gone (%s); starting it again in %g s", self._reason, delay)
        self._server = self._ready_at = self._reason = self._preparing = None
        self._restarts += 1
        return delay

    def _lateness(self) -> str:
        phase = self._lifecycle.phase
        return f"the engine was not ready within {self._patience:g} s (startup_timeout), at: {phase}; its last lines:"

    def _cause(self) -> str:
        """The reason that the server process gave, or EngineCore's where it only points there."""
        reason = self._reason or "unknown"
        return self._output.cause() or reason if HINT in reason else reason
