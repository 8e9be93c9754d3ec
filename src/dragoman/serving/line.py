"""The connection to a client, which is given up where nothing comes of it."""

import asyncio
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEFT: Message = {"type": "http.disconnect"}

log = logging.getLogger("dragoman")


class Line:
    """Receives and sends; once it is given up, the client looks like one that has left, and nothing more is sent.

    Nothing is raised and nobody is cancelled: applications know clients that leave, and end what they did for them.

    Args:
        receive: gives the client's messages.
        send: takes the messages to the client.
        patience: for how many seconds a client may take nothing; None for ever.
    """

    def __init__(self, receive: Receive, send: Send, patience: float | None = None) -> None:
        self._receive = receive
        self._send = send
        self._patience = patience
        self._waiting: set[asyncio.Timeout] = set()
        self.given_up = False

    async def receive(self) -> Message:
        """The client's next message."""
        if self.given_up:
            return LEFT
        try:
            async with asyncio.timeout(None) as waiting:
                return await self._received(waiting)
        except TimeoutError:
            return LEFT

    async def send(self, message: Message) -> None:
        """Sends a message, and gives the client up where it does not take it."""
        if self.given_up:
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._send(message)
        except TimeoutError:
            log.warning("A client took nothing of its answer for %g s: it is given up.", self._patience)
            self.give_up()

    def give_up(self) -> None:
        """Has the client look like one that has left."""
        self.given_up = True
        for waiting in self._waiting:
            waiting.reschedule(asyncio.get_running_loop().time())

    async def _received(self, waiting: asyncio.Timeout) -> Message:
        # While one application gives up waiting, another may already wait.
        self._waiting.add(waiting)
        try:
            return await self._receive()
        finally:
            self._waiting.remove(waiting)


def patient(app: ASGIApp, seconds: float) -> ASGIApp:
    """The application, for which a client has left that takes nothing of its answer for so many seconds."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            line = Line(receive, send, seconds)
            receive, send = line.receive, line.send
        await app(scope, receive, send)

    return answer
