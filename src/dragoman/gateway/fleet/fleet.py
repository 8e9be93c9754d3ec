"""The gateway's own workers: started when jobs wait, ended when they are idle, replaced when they fail."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from dragoman.gateway.chores import Chore
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.fleet.pauses import Pauses
from dragoman.gateway.fleet.process import WorkerProcess
from dragoman.gateway.fleet.scaling import Scale, decide, next_decision
from dragoman.gateway.workers import State, WorkerView
from dragoman.process.exits import manner

GRACE = 30.0
"""Seconds that a worker has to end what it runs after SIGTERM."""

LONGEST_PROBLEM = 300
"""Characters of what is shown of a worker that did not come up."""

READY = (State.IDLE, State.RUNNING)

log = logging.getLogger(__name__)


class Fleet:
    """Keeps as many workers as the queue asks for, while it is entered; after exit no process of theirs is left.

    Args:
        endpoint: whose jobs they are for.
        command: what a worker is.
        scale: how many there may be.
        variables: all variables of a worker, by its id.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        command: Sequence[str],
        scale: Scale,
        variables: Callable[[str], Mapping[str, str]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint
        self._command = command
        self._scale = scale
        self._variables = variables
        self._clock = clock
        self._pauses = Pauses()
        self._manager = Chore(self._manage, clock)
        self._processes: dict[str, WorkerProcess] = {}
        self._met: set[str] = set()
        self._lives: set[asyncio.Task[None]] = set()
        self._started = 0
        self._closing = False

    async def __aenter__(self) -> Self:
        self._manager.now()
        self._managing = asyncio.create_task(self._manager.run())
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stop()
        await asyncio.gather(*(process.kill() for process in self._processes.values()))
        await self._ended()

    async def close(self) -> None:
        """Start no more workers; return when those that there are have ended what they run, or their time is over."""
        await self._stop()
        await asyncio.gather(*map(self._send_home, list(self._processes)))
        await self._ended()

    async def _stop(self) -> None:
        self._closing = True
        self._manager.stop()
        self._listening.cancel()
        await asyncio.gather(self._managing, self._listening, return_exceptions=True)

    async def _ended(self) -> None:
        if self._lives:
            await asyncio.wait(self._lives)

    async def _listen(self) -> None:
        with self._endpoint.changes() as bell:
            while True:
                await bell.rung()
                self._manager.now()

    async def _manage(self) -> float | None:
        """Do what is to be done now; return when time alone may ask for more."""
        demand = await self._endpoint.demand()
        if self._closing:
            return None
        now = self._clock()
        workers = self._view()
        self._meet(workers)
        decision = decide(self._scale, demand, workers, now)
        for dispensable in decision.retire:
            self._endpoint.retire(dispensable)
        for worker in workers:
            if worker.leaving and not worker.jobs:
                await self._send_home(worker.id)
        due = [next_decision(self._scale, demand, workers, now)]
        if decision.start and now < self._pauses.until:
            due.append(self._pauses.until)
        else:
            for _ in range(decision.start):
                await self._start()
        return min((moment for moment in due if moment is not None), default=None)

    def _meet(self, workers: Iterable[WorkerView]) -> None:
        """Know those that have asked for a job; with a new one, the command has not failed."""
        ready = {worker.id for worker in workers if worker.state in READY}
        if ready - self._met:
            self._pauses.over()
        self._met |= ready

    def _view(self) -> list[WorkerView]:
        return [worker for worker in self._endpoint.workers.view() if worker.id in self._processes]

    async def _start(self) -> None:
        self._started += 1
        worker = f"fleet-{self._started}-{secrets.token_hex(3)}"
        self._endpoint.expect(worker)
        try:
            process = await WorkerProcess.start(worker, self._command, self._variables(worker))
        except OSError as error:
            await self._endpoint.lost(worker, f"it cannot be started: {error.strerror}")
            log.warning("worker %s cannot be started: %s", worker, error.strerror)
            self._pauses.failed(self._clock())
            return
        log.info("worker %s is started", worker)
        self._processes[worker] = process
        life = asyncio.create_task(self._live(process))
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    async def _send_home(self, worker: str) -> None:
        if process := self._processes.get(worker):
            self._endpoint.retire(worker)
            await process.terminate(GRACE)

    async def _live(self, process: WorkerProcess) -> None:
        """Wait for the worker's end, and note it."""
        code = await process.ended()
        self._meet(self._view())
        failed = process.id not in self._met and not self._closing
        self._met.discard(process.id)
        del self._processes[process.id]
        await self._endpoint.lost(process.id, _problem(process, code) if failed else None)
        if failed:
            self._pauses.failed(self._clock())
            self._report(process, code)
        elif process.terminated:
            log.info("worker %s has ended", process.id)
        else:
            log.warning("worker %s has ended by itself: %s", process.id, manner(code))
        self._manager.now()

    def _report(self, process: WorkerProcess, code: int) -> None:
        pause = self._pauses.until - self._clock()
        lines = "".join(f"\n  {line}" for line in process.last_words) or " none"
        log.warning(
            "worker %s has ended before it asked for a job: %s; no other is started for %.0f s; its last lines:%s",
            *(process.id, manner(code), pause, lines),
        )


def _problem(process: WorkerProcess, code: int) -> str:
    said = process.complaint or "it has said nothing"
    return f"it has ended before it asked for a job: {manner(code)}; {said}"[:LONGEST_PROBLEM]
