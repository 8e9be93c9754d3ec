"""The process that serves: forked from the preloader, it starts the engine and takes over the listening socket."""

import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from functools import partial
from pathlib import Path
from typing import NoReturn

import uvloop
from setproctitle import setproctitle
from starlette.types import ASGIApp

from dragoman import logs
from dragoman.engine import Engine, Source
from dragoman.engine.emulation import emulating
from dragoman.engine.guard import guarded
from dragoman.engine.routes import reachable
from dragoman.errors import DragomanError, EngineStartError
from dragoman.platforms.dialect import dialect
from dragoman.process.channel import Booted, Channel, Failed, Phase, Ready, Retire
from dragoman.process.listener import Listener
from dragoman.process.observers import Observers
from dragoman.process.output import HINT
from dragoman.process.plan import Plan
from dragoman.process.timeline import BootReport
from dragoman.serving.entrance.authenticated import authenticated
from dragoman.serving.entrance.limited import limited_bodies, limited_heads
from dragoman.serving.intake import Intake
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.queue.admission import admitted
from dragoman.serving.suspects import Suspects
from dragoman.serving.suspicion import suspicious
from dragoman.serving.warmup import first_token, warm_up

FAREWELL = 2.0
# A queue waits for its answers longer than a connection that is gone anyway.
LAST_POSTS = 5.0
LONGEST_REASON = 2000

log = logging.getLogger("dragoman")


def become_server(plan: Plan, channel: Channel, source: Source, restarts: int) -> NoReturn:
    """What a fork of the preloader does for the rest of its life; it never returns into the preloader's code."""
    setproctitle("dragoman server")
    code = EngineStartError.exit_code
    try:
        code = _start_and_serve(plan, channel, source, restarts)
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else code
    except Exception as error:
        if not explains_itself(error):
            traceback.print_exc()
        channel.send(Failed(one_line(error)))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def explains_itself(error: Exception) -> bool:
    """Whether a traceback would tell nothing more: ours, vLLM's about settings, its pointer to EngineCore's report."""
    return isinstance(error, DragomanError | ValueError) or HINT in str(error)


def one_line(error: Exception) -> str:
    """An exception as one line for a user."""
    text = " ".join(str(error).split())[:LONGEST_REASON]
    if isinstance(error, DragomanError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _start_and_serve(plan: Plan, channel: Channel, source: Source, restarts: int) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logs.configure(plan.observation.log_format, plan.observation.log_level)
    source.prepare(plan, lambda phase: channel.send(Phase(phase)))
    return uvloop.run(_Server(plan, channel, source, restarts).run())


class _Server:
    """The asynchronous part of the server process."""

    def __init__(self, plan: Plan, channel: Channel, source: Source, restarts: int) -> None:
        self._plan = plan
        self._channel = channel
        self._source = source
        self._lifecycle = Lifecycle(time.monotonic() if restarts else plan.launched)
        self._metrics = WorkerMetrics(plan.platform, restarts)
        self._observers = Observers(plan)
        self._admitted = asyncio.Event()
        self._terminated = asyncio.Event()
        self._listener: Listener | None = None
        self._intake: Intake | None = None
        self._working: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Serves until SIGTERM or the engine's death; the exit code tells which."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminated.set)
        loop.add_signal_handler(signal.SIGUSR1, self._admitted.set)
        life = asyncio.create_task(self._live())
        end = asyncio.create_task(self._terminated.wait())
        await asyncio.wait([life, end], return_when=asyncio.FIRST_COMPLETED)
        if life.done():
            return await life
        await self._drain()
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        return 0

    async def _live(self) -> int:
        async with self._source.open(self._report) as engine:
            return await self._serve(engine)

    def _report(self, phase: str) -> None:
        self._channel.send(Phase(phase))

    async def _serve(self, engine: Engine) -> int:
        """Serves until the engine dies."""
        self._report("warming up")
        await first_token(engine)
        # A warm-up that kills the engine is not sent to the next ones for ever.
        engine = self._without_killers(emulating(engine))
        await warm_up(engine)
        engine = self._within_limits(engine)
        app = self._application(engine)
        with socket.socket(fileno=self._plan.listen_fd) as sock:
            self._listener = Listener(app, sock, self._plan.http, self._plan.grace)
            self._channel.send(Ready(os.getpid()))
            await self._admitted.wait()
            self._metrics.ready(self._lifecycle.seconds)
            self._tell_boot()
            self._lifecycle.enter(Status.READY)
            await self._listener.open()
            observed = self._observers.of_intake(engine, self._metrics)
            self._take_work(dialect(self._plan.platform).intake(observed, self._plan.dialect))
        reason = await engine.death()
        self._lifecycle.enter(Status.RESTARTING)
        self._channel.send(Failed(reason))
        await self._close(FAREWELL, LAST_POSTS)
        return EngineStartError.exit_code

    def _within_limits(self, engine: Engine) -> Engine:
        """The layers that judge what the engine is to do, whoever asks, from the inside out."""
        plan = self._plan
        engine = guarded(admitted(engine, plan.queueing, self._metrics), plan.limits)
        return reachable(engine, plan.exposure)

    def _application(self, engine: Engine) -> ASGIApp:
        """The platform's application and the layers that judge every request to it, from the inside out."""
        plan = self._plan
        speaks = dialect(plan.platform)
        refuse = partial(speaks.refused, settings=plan.dialect)
        app = speaks.around(engine, self._lifecycle, self._metrics, plan.dialect)
        app = limited_bodies(app, plan.limits.max_body_size, refuse)
        app = authenticated(app, plan.access, partial(speaks.probe, settings=plan.dialect), refuse)
        app = limited_heads(app, plan.http.max_header_size, refuse)
        return self._observers.of_worker(app, self._metrics)

    def _tell_boot(self) -> None:
        """Shows what the start was made of, which the doorman has measured."""
        if isinstance(message := self._channel.receive_waiting(), Booted):
            report = BootReport.from_json(message.report)
            self._lifecycle.boot = report.summary()
            self._metrics.booted(report.boot.durations, report.last.durations if report.last else {})

    def _without_killers(self, engine: Engine) -> Engine:
        """A remote engine sees to its own deaths; vLLM's end this process, and another one has to know of them."""
        return engine if self._plan.engine_url else suspicious(engine, Suspects(Path(tempfile.gettempdir())))

    async def _drain(self) -> None:
        self._lifecycle.enter(Status.DRAINING)
        patience = self._plan.grace + FAREWELL
        await self._close(patience, patience)

    def _take_work(self, intake: Intake | None) -> None:
        if intake is not None:
            self._intake = intake
            self._working = asyncio.create_task(self._work(intake))

    async def _work(self, intake: Intake) -> None:
        """Does the queue's work; a worker that takes none is of no use to it and ends."""
        try:
            await intake.run()
        except Exception:
            log.exception("the worker cannot take work any more")
        if self._intake is intake:
            self._channel.send(Retire())

    async def _close(self, patience: float, patience_with_work: float) -> None:
        """Accepts and fetches nothing more, and waits for what is under way."""
        intake, self._intake = self._intake, None
        if intake is not None:
            intake.close()
        serving = self._listener.close() if self._listener else None
        ends = {task: seconds for task, seconds in ((serving, patience), (self._working, patience_with_work)) if task}
        await asyncio.gather(*(asyncio.wait([task], timeout=seconds) for task, seconds in ends.items()))
        await self._observers.close()
