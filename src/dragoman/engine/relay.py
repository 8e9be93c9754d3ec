"""HTTP requests passed on to another server, and their answers passed back as they come."""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator

import aiohttp
import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from dragoman.serving import answers

CONNECT = 10.0
# Less than the five seconds after which uvicorn closes an idle connection: a request on it would be lost.
IDLE = 3.0
HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding"
    b" upgrade".split()
)
OURS_TO_SERVER = HOP_BY_HOP | {b"host", b"content-length", b"expect"}
OURS_TO_CLIENT = HOP_BY_HOP | {b"date"}
ADDED_BY_AIOHTTP = ("accept", "accept-encoding", "content-type", "user-agent")

Header = tuple[bytes, bytes]
# Answers a request whose body has been read.
Answering = Callable[[Scope, Receive, Send, bytes], Awaitable[None]]

log = logging.getLogger("dragoman")


class RelayError(Exception):
    """Nothing of an answer has come.

    Args:
        reason: the kind of failure.
        sent: whether the server may have seen the request.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


def session(headers: dict[str, str] | None = None, connect: float = CONNECT) -> aiohttp.ClientSession:
    """What connects to servers and changes nothing on the way.

    Args:
        headers: those of requests that do not bring their own.
        connect: seconds that a connection may take.
    """
    return aiohttp.ClientSession(
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect),
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE),
        # One client's cookies are not for the next one.
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=ADDED_BY_AIOHTTP,
    )


async def relay(
    http: aiohttp.ClientSession,
    base: str,
    scope: Scope,
    body: bytes,
    send: Send,
    *,
    picky: bool = False,
    as_host: bool = False,
) -> None:
    """Passes a request on and its answer back, each piece as it comes.

    An answer that the server breaks off is left without its end, which tells the client that this is not all of it.

    Args:
        http: what connects.
        base: the server's address.
        scope: the request, with the same path and query byte for byte.
        body: its body.
        send: takes the answer.
        picky: whether an answer is none that is 503 and says when to come again: nothing was done.
        as_host: whether the server stands for the host that the client asked; else it is told its own name.

    Raises:
        RelayError: the server has not answered.
    """
    sent = started = False
    try:
        async with http.request(
            scope["method"],
            _target(base, scope),
            headers=[(name.decode(), written(value)) for name, value in _to_server(scope, as_host)],
            data=body or None,
            allow_redirects=False,
        ) as response:
            sent = True
            if picky and response.status == 503 and "retry-after" in response.headers:
                raise RelayError("status 503", sent=False)
            await send({"type": "http.response.start", "status": response.status, "headers": _to_client(response)})
            started = True
            async for chunk in response.content.iter_any():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    except (aiohttp.ClientError, TimeoutError) as error:
        if not started:
            sent = sent or not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
            raise RelayError(type(error).__name__, sent=sent) from error
        log.warning("the server at %s broke off an answer: %s", base, type(error).__name__)


def relaying(answer: Answering) -> ASGIApp:
    """An application that reads each request whole and has it answered, as long as its client is there.

    Args:
        answer: passes it on; it is cancelled when the client leaves.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})
            return
        if not scope["raw_path"].startswith(b"/"):
            # Of `*`, behind the address of another server, no address can be made.
            error = answers.error(400, "The target of the request is not a path.", "BadRequestError")
            await error(scope, receive, send)
            return
        with contextlib.suppress(ClientDisconnect):
            body = await Request(scope, receive).body()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_on_disconnect, receive, tasks.cancel_scope)
                await answer(scope, receive, send, body)
                tasks.cancel_scope.cancel()

    return app


async def _cancel_on_disconnect(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _target(base: str, scope: Scope) -> URL:
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return URL(base + (scope["raw_path"] + query).decode("latin-1"), encoded=True)


def written(value: bytes) -> str:
    """The value of a header as aiohttp takes it, which writes UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _to_server(scope: Scope, as_host: bool) -> list[Header]:
    return _without(OURS_TO_SERVER - {b"host"} if as_host else OURS_TO_SERVER, scope["headers"])


def _to_client(response: aiohttp.ClientResponse) -> list[Header]:
    return _without(OURS_TO_CLIENT, [(name.lower(), value) for name, value in response.raw_headers])


def _without(names: frozenset[bytes], headers: Iterable[Header]) -> list[Header]:
    """The headers but for those names, and for those that are said to concern one connection."""
    given = list(headers)
    ours = names.union(_of_connection(given))
    return [(name, value) for name, value in given if name not in ours]


def _of_connection(headers: Iterable[Header]) -> Iterator[bytes]:
    for name, value in headers:
        if name == b"connection":
            yield from (option.strip().lower() for option in value.split(b","))
