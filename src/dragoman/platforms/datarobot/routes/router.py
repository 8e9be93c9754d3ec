"""The application that a table of routes makes, errors in DRUM's words."""

import asyncio
import logging
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.routes import pages
from dragoman.platforms.datarobot.routes.table import NoRouteError, Table, WrongMethodError

STOPPED = "Connection error. The worker has stopped. Try again."

log = logging.getLogger("dragoman")


class Router:
    """Has the row's handler answer each request; HEAD is answered like GET, and the server keeps the body back.

    Args:
        table: the rows.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; what goes wrong after the answer has begun breaks it off."""
        begun = _Begun(send)
        try:
            await self._answer(scope, receive, begun)
        except ClientDisconnect:
            pass
        except asyncio.CancelledError:
            # This is how the server ends what is under way when the grace period is over.
            if begun:
                raise
            await DrumError(STOPPED, HTTPStatus.SERVICE_UNAVAILABLE).response()(scope, receive, send)
        except DrumError as error:
            await error.response()(scope, receive, send)
        except Exception as error:
            if begun:
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            message = f"{type(error).__name__}: the worker's log tells more."
            await DrumError(message).response()(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        addressed = {**scope, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        app = await self._app(addressed, receive)
        await app(addressed, receive, send)

    async def _app(self, scope: Scope, receive: Receive) -> ASGIApp:
        try:
            handler = self._table.find(scope)
        except NoRouteError:
            return pages.not_found()
        except WrongMethodError as error:
            page = pages.options if scope["method"] == "OPTIONS" else pages.wrong_method
            return page(error.allowed)
        return await handler(Request(scope, receive))


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
