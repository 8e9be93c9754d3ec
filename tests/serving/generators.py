"""An engine whose requests last until a test lets them end."""

import asyncio
from collections.abc import Iterable

from starlette.types import Receive, Scope, Send

from dragoman.engine.client import Client

COMPLETIONS = "/v1/completions"
EVENT = b'data: {"choices": []}\n\n'


class Generator:
    """Answers each request as `answer` says, when the test lets it; it knows who is there and who left too early.

    Args:
        slots: how many requests it works on at a time.
        streams: whether the first event comes at once.
    """

    def __init__(self, slots: int | None = None, *, streams: bool = False) -> None:
        self.slots = slots
        self.tasks = frozenset({"generate"})
        self.streams = streams
        self.well = True
        self.present: list[bytes] = []
        self.finished: list[bytes] = []
        self.aborted: list[bytes] = []
        self.gate = asyncio.Event()

    def healthy(self) -> bool:
        return self.well

    async def death(self) -> str:
        raise NotImplementedError

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        self.present.append(body)
        try:
            if self.streams:
                await _begin(send, b"text/event-stream; charset=utf-8")
                await send({"type": "http.response.body", "body": EVENT, "more_body": True})
            ended = await self._let_go(receive)
            (self.finished if ended else self.aborted).append(body)
            # Like vLLM, it answers a client that has left, too.
            if not self.streams:
                await _begin(send, b"application/json")
            await send({"type": "http.response.body", "body": b"{}"})
        finally:
            self.present.remove(body)

    async def _let_go(self, receive: Receive) -> bool:
        """Whether the test let the request end before its client left."""
        left, ended = asyncio.ensure_future(receive()), asyncio.ensure_future(self.gate.wait())
        try:
            await asyncio.wait((left, ended), return_when=asyncio.FIRST_COMPLETED)
            return ended.done()
        finally:
            left.cancel()
            ended.cancel()


async def _begin(send: Send, kind: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})


class Question:
    """A request under way, and what was answered."""

    def __init__(
        self, client: Client, body: bytes, headers: Iterable[tuple[bytes, bytes]] = (), path: str = COMPLETIONS
    ) -> None:
        self._call = (client, body, tuple(headers), path)
        self.task = asyncio.create_task(self._ask())

    async def _ask(self) -> tuple[int, bytes, dict[bytes, bytes]]:
        client, body, headers, path = self._call
        async with client.stream("POST", path, body=body, headers=headers) as response:
            return response.status, await response.read(), dict(response.headers)

    async def answer(self) -> tuple[int, bytes, dict[bytes, bytes]]:
        """Status, body and headers."""
        return await self.task

    async def leave(self) -> None:
        """The client hangs up."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
