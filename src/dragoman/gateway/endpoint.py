"""The endpoint: where clients, workers and the fleet meet."""

from contextlib import AbstractContextManager

from dragoman.gateway.bells import Bell
from dragoman.gateway.client_side import ClientSide
from dragoman.gateway.hub import WHOLE
from dragoman.gateway.ledger import Demand, Ledger
from dragoman.gateway.worker_side import WorkerSide
from dragoman.gateway.workers import FAILURES_SHOWN


class Endpoint(ClientSide, WorkerSide):
    """All that can be done with the endpoint; to the sides of clients and workers comes the fleet's."""

    async def demand(self) -> Demand:
        """Tell what the queue asks of the number of workers."""
        return await self._archive.call(Ledger.demand, self._clock())

    def changes(self) -> AbstractContextManager[Bell]:
        """Make a bell for every change of the queue or of the workers."""
        return self._bells.listen(WHOLE)

    def expect(self, worker: str) -> None:
        """Note that a process was started that will be this worker."""
        self.workers.expect(worker)
        self._bells.ring(WHOLE)

    def retire(self, worker: str) -> None:
        """Hand the worker no more jobs; its polls are answered at once from now on, so that it can end."""
        self.workers.leave(worker)
        self._polls.release(worker)
        self._stops.release(worker)
        self._bells.ring(WHOLE)

    async def lost(self, worker: str, problem: str | None = None) -> None:
        """Queue the jobs of a worker again whose process has ended.

        Args:
            worker: its id.
            problem: why it has never been ready, which is shown for a while.
        """
        await self._whole_step(self._lost(worker, problem))

    async def _lost(self, worker: str, problem: str | None) -> None:
        self.workers.forget(worker)
        if problem is not None:
            self.workers.show_failure(worker, problem)
            self._sweeper.by(self._clock() + FAILURES_SHOWN)
        self._polls.release(worker)
        self._stops.forget(worker)
        self._stops.release(worker)
        self._note(await self._archive.call(Ledger.lose, worker, self._clock()))
        self._bells.ring(WHOLE)
