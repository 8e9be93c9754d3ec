"""The application that a table of routes makes, errors in LMI's words."""

import logging
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from dragoman.platforms.lmi.errors import BAD_REQUEST, HandlerError, ServerError
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes.table import Table

log = logging.getLogger("dragoman")


class Router:
    """Has the row's handler answer each request; HEAD is answered like GET, and the server keeps the body back.

    Args:
        table: the rows.
        options: the statuses that the operator chose for bad requests, and for what nobody expected.
    """

    def __init__(self, table: Table, options: Options) -> None:
        self._table = table
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; what goes wrong after the answer has begun breaks it off."""
        begun = _Begun(send)
        try:
            await self._answer(scope, receive, begun)
        except ClientDisconnect:
            pass
        except HandlerError as error:
            await error.response()(scope, receive, send)
        except ServerError as error:
            await self._as_chosen(error).response()(scope, receive, send)
        except Exception as error:
            if begun:
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            await self._unexpected(error).response()(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler, found = self._table.find(scope)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        addressed = {**scope, "method": method, "path_params": found}
        app = await handler(Request(addressed, receive))
        await app(addressed, receive, send)

    def _as_chosen(self, error: ServerError) -> ServerError:
        """The error with the operator's status, if it is about a request that cannot be read."""
        if (error.kind, error.status) != (BAD_REQUEST, HTTPStatus.BAD_REQUEST):
            return error
        return ServerError(str(error), self._options.bad_request_http_code, error.kind, error.headers)

    def _unexpected(self, error: Exception) -> ServerError:
        message = f"{type(error).__name__}: the worker's log tells more."
        return ServerError(message, self._options.server_error_http_code, "InternalServerException")


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
