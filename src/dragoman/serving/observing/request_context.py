"""The request that the current task works on: what its log lines and its requests to the engine are marked with."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from dragoman.serving.observing.request_ids import HEADER

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class RequestContext:
    """What a request is known by.

    Args:
        request_id: its name in logs, in answers and at the engine.
        trace_id: the trace that it belongs to, in hexadecimal digits, where there is one.
        trace: W3C's headers of that trace.
        refusals: why it was turned away, and the requests to the engine that were made for it.
    """

    request_id: str
    trace_id: str | None = None
    trace: tuple[Header, ...] = ()
    refusals: list[str] = field(default_factory=list, compare=False)

    @property
    def headers(self) -> tuple[Header, ...]:
        """The headers by which others know it too."""
        return ((HEADER, self.request_id.encode()), *self.trace)


CURRENT: ContextVar[RequestContext | None] = ContextVar("request", default=None)


@contextmanager
def working_on(request: RequestContext) -> Iterator[None]:
    """Marks what happens in the context, and in tasks that begin there."""
    token = CURRENT.set(request)
    try:
        yield
    finally:
        CURRENT.reset(token)


def refused(reason: str) -> None:
    """Notes that the current request is turned away: it is counted, and logged, by the reason.

    Args:
        reason: one word of a set that is known beforehand, such as ``body``, ``auth`` or ``queue``.
    """
    request = CURRENT.get()
    if request is not None:
        request.refusals.append(reason)


def marked(headers: Iterable[Header]) -> list[Header]:
    """The headers of a request, and the current request's where they have none of that name."""
    given = list(headers)
    request = CURRENT.get()
    if request is None:
        return given
    names = {name for name, _ in given}
    return [*given, *(header for header in request.headers if header[0] not in names)]
