"""The access log: one line for each request when it has ended, and for each job."""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from dragoman.logs import FIELDS, TOLD
from dragoman.serving.observing.exchange import FAILED, Exchange
from dragoman.serving.observing.request_context import RequestContext, working_on

COMPLETED = "COMPLETED"
FAILED_JOB = "FAILED"
CANCELLED = "CANCELLED"

log = logging.getLogger("dragoman.access")


class AccessLog:
    """Logs exchanges.

    Args:
        platform: the dialect that is served.
        is_routine: whether a path is asked for all the time; these requests are logged when they fail.
        unlogged: paths that are never logged.
        expects_failures: whether it is no news that those fail.
    """

    def __init__(
        self,
        platform: str,
        is_routine: Callable[[str], bool],
        unlogged: Collection[str] = (),
        *,
        expects_failures: bool = False,
    ) -> None:
        self._platform = platform
        self._is_routine = is_routine
        self._unlogged = frozenset(unlogged)
        self._expects_failures = expects_failures

    def began(self, exchange: Exchange) -> None:
        """Has nothing to tell yet."""

    def ended(self, exchange: Exchange) -> None:
        """Logs the request, as a warning where the server failed."""
        failed = exchange.status >= FAILED
        if self._is_logged(exchange.scope["path"], failed):
            level = logging.WARNING if failed else logging.INFO
            told = {"method": exchange.method, "path": exchange.path, "status": exchange.status}
            log.log(level, "%s %s %s", *told.values(), extra={TOLD: told, FIELDS: self._fields(exchange)})

    def _is_logged(self, path: str, failed: bool) -> bool:
        if path in self._unlogged:
            return False
        return (failed and not self._expects_failures) or not self._is_routine(path)

    def _fields(self, exchange: Exchange) -> dict[str, Any]:
        return {
            "bytes": exchange.bytes,
            "seconds": round(exchange.seconds, 4),
            "first_byte": None if exchange.first_byte is None else round(exchange.first_byte, 4),
            "client": exchange.client,
            "platform": self._platform,
            "route": exchange.route,
            "outcome": None if exchange.outcome == "complete" else exchange.outcome,
            "refused": next(iter(exchange.context.refusals), None),
            "request_id": exchange.context.request_id,
        }


@contextmanager
def job_logged(job_id: str) -> Iterator[Callable[[bool], None]]:
    """Works on a job, under its own name, and logs it: as COMPLETED, FAILED, or CANCELLED where nobody said which.

    Args:
        job_id: the platform's name for it.

    Yields:
        What to call with whether it failed.
    """
    began = time.monotonic()
    outcome = CANCELLED

    def ended(failed: bool) -> None:
        nonlocal outcome
        outcome = FAILED_JOB if failed else COMPLETED

    with working_on(RequestContext(job_id)):
        try:
            yield ended
        finally:
            seconds = round(time.monotonic() - began, 4)
            level = logging.WARNING if outcome == FAILED_JOB else logging.INFO
            told = {"job": job_id, "outcome": outcome}
            log.log(level, "job %s %s", *told.values(), extra={TOLD: told, FIELDS: {"seconds": seconds}})
