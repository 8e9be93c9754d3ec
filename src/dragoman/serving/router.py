"""The application that a table of routes makes, errors in the words of a platform."""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from dragoman.errors import DragomanError
from dragoman.serving.table import Table

ErrorResponse = Callable[[DragomanError], Response]
"""A platform's answer in an error's place: one of its own, of the table's or of these here."""

log = logging.getLogger("dragoman")


class StoppedError(DragomanError):
    """The worker has ended before the request had an answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("The worker has stopped. Try again.")


class UnexpectedError(DragomanError):
    """What nobody expected: the log tells it, and the client hears its type alone.

    Args:
        error: what it was.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: the worker's log tells more.")


class Router:
    """Has the row's handler answer each request; HEAD is answered like GET, and the server keeps the body back.

    Args:
        table: the rows.
        error_response: what is answered where the handler raises.
    """

    def __init__(self, table: Table, error_response: ErrorResponse) -> None:
        self._table = table
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; what goes wrong after the answer has begun breaks it off."""
        begun = _Begun(send)
        try:
            await self._answer(scope, receive, begun)
        except ClientDisconnect:
            pass
        except (Exception, asyncio.CancelledError) as error:
            if begun:
                raise
            await self._error_response(_known(error, scope))(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = {**scope, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        handler, found = self._table.find(asked)
        addressed = {**asked, "path_params": found}
        app = await handler(Request(addressed, receive))
        await app(addressed, receive, send)


def _known(error: Exception | asyncio.CancelledError, scope: Scope) -> DragomanError:
    """The error that is told in the place of another one."""
    if isinstance(error, DragomanError):
        return error
    if isinstance(error, asyncio.CancelledError):
        # This is how the server ends what is under way when the grace period is over.
        return StoppedError()
    log.exception("%s %s failed", scope["method"], scope["path"])
    return UnexpectedError(error)


class _Begun:
    """Sends, and is true as soon as an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def __call__(self, message: Message) -> None:
        self._begun = True
        await self._send(message)

    def __bool__(self) -> bool:
        return self._begun
