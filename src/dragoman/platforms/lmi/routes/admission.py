"""How many requests are let in at a time."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.requests import Request

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes import bodies

SOON = {"retry-after": "1"}


class Admission:
    """Counts the requests that are under way: those that the engine works on, and those that wait for it.

    Args:
        options: how many there may be of either.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._inside = 0

    @property
    def waiting(self) -> int:
        """How many of them are more than the engine works on at a time."""
        return max(0, self._inside - self._options.max_num_seqs)

    @asynccontextmanager
    async def let_in(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a request, which has a place until the context ends; it takes it when the body is complete.

        Raises:
            ServerError: there is no place, or the body is too slow.
        """
        self._refuse_when_full()
        body = await bodies.read(request, self._options.predict_timeout)
        with self.place():
            yield body

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one request, until the context ends.

        Raises:
            ServerError: there is none.
        """
        self._refuse_when_full()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def _refuse_when_full(self) -> None:
        if self._inside >= self._options.max_num_seqs + self._options.job_queue_size:
            message = f"Worker queue capacity exceeded for model: {self._options.model_name}"
            raise ServerError(message, self._options.wlm_error_http_code, "WlmCapacityException", SOON)
