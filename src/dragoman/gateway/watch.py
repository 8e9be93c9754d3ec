"""What there is to say about workers, for whoever looks after the gateway."""

import logging
from collections.abc import Iterable, Iterator
from typing import NoReturn

from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.journal import plain
from dragoman.gateway.workers import State, WorkerView

log = logging.getLogger(__name__)


async def watch(endpoint: Endpoint) -> NoReturn:
    """Log what workers come, go and complain, until this is cancelled."""
    before = endpoint.workers.view()
    with endpoint.changes() as bell:
        while True:
            await bell.rung()
            after = endpoint.workers.view()
            for line in news(before, after):
                log.info(line)
            before = after


def news(before: Iterable[WorkerView], after: Iterable[WorkerView]) -> Iterator[str]:
    """Yield what has become of the workers between two looks at them, one line each.

    Of those that the gateway starts, the fleet tells the beginning and the end.
    """
    known = {worker.id: worker for worker in before if _is_here(worker)}
    here = {worker.id: worker for worker in after if _is_here(worker)}
    for worker in here.values():
        name = plain(worker.id)
        if worker.id not in known:
            version = f", with release {plain(worker.version)} of RunPod's SDK" if worker.version else ""
            yield f"worker {name} has come{version}"
        told = known[worker.id].problem if worker.id in known else None
        if worker.problem and not told:
            yield f"worker {name} is unhealthy: {plain(worker.problem)}"
    for worker in known.values():
        if worker.id not in here and not worker.managed:
            yield f"worker {plain(worker.id)} is gone"


def _is_here(worker: WorkerView) -> bool:
    return worker.state is not State.INITIALIZING and not worker.ended
