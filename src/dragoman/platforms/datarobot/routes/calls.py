"""Requests to the engine: its whole answer, or the events of its stream."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from dragoman.engine.calls import Calls
from dragoman.engine.client import Client, Header, Response
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.refusals import TIMED_OUT, BrokenStreamError, refusal

CHAT = "/v1/chat/completions"
MODELS = "/v1/models"
# What of a client's headers the engine gets with a request that is not the client's own; its key is DataRobot's.
PASSED_ON = frozenset((b"x-request-id", b"traceparent", b"tracestate"))


class DrumCalls(Calls):
    """Calls the engine; all that goes wrong is a DrumError.

    Args:
        engine: a client of its application.
        options: what the owner of the model chose.
    """

    def __init__(self, engine: Client, options: Options) -> None:
        super().__init__(engine, options.request_timeout, PASSED_ON)

    async def said(self, response: Response) -> AsyncGenerator[bytes]:
        """What the events of a stream say, but for the one that says that all have come.

        Raises:
            DrumError: the stream breaks off, or the next event takes too long.
        """
        async with aclosing(self.events(response)) as events:
            try:
                while True:
                    async with asyncio.timeout(self._patience):
                        event = await anext(events, None)
                    if event is None:
                        return
                    yield event[1]
            except TimeoutError:
                raise self._too_late() from None

    def _refusal(self, status: int, body: bytes, headers: Iterable[Header] = ()) -> DrumError:
        return refusal(status, body, headers)

    def _broken_off(self, status: int, said: bytes) -> BrokenStreamError:
        return BrokenStreamError(refusal(status, said), said)

    def _too_late(self) -> DrumError:
        return DrumError(TIMED_OUT)
