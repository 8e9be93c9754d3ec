"""Jobs that workers are to stop: a signal is told once, and kept until its worker asks."""

from collections.abc import Iterable

from dragoman.gateway.bells import Bells, News


class Stops:
    """The stop signals of all workers.

    RunPod's SDK (1.10 and later) holds one poll for them open; an older one never asks, and posts the job's end.
    """

    def __init__(self) -> None:
        self._signals: dict[str, dict[str, None]] = {}
        self._bells = Bells()

    def add(self, worker: str, jobs: Iterable[str]) -> None:
        """Have the worker told to stop these jobs."""
        added = dict.fromkeys(jobs)
        if added:
            self._signals.setdefault(worker, {}).update(added)
            self._bells.ring(worker)

    def discard(self, worker: str, job: str) -> None:
        """The worker has ended the job, or is to run it anew."""
        signals = self._signals.get(worker, {})
        signals.pop(job, None)
        if not signals:
            self._signals.pop(worker, None)

    def forget(self, worker: str) -> None:
        """Nobody will ask in that worker's name."""
        self._signals.pop(worker, None)

    def release(self, worker: str) -> None:
        """End the worker's open polls with what there is."""
        self._bells.ring(worker, News.OVER)

    def release_all(self) -> None:
        """End all open polls."""
        self._bells.ring_all(News.OVER)

    async def wait(self, worker: str, until: float) -> list[str]:
        """Take the worker's signals; wait for the first until then, in the event loop's time."""
        with self._bells.listen(worker) as bell:
            while worker not in self._signals and News.OVER not in bell.heard:
                if not await bell.rung(until):
                    break
        return list(self._signals.pop(worker, ()))

    def __len__(self) -> int:
        return len(self._signals)
