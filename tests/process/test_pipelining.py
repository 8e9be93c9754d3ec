import asyncio
import logging
import socket
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from dragoman.process.address import Address
from dragoman.process.pipelining import PipeliningProtocol
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

REQUEST = b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n"


class Application:
    """Begins an answer and goes on until the client leaves; /0 is answered at once."""

    def __init__(self) -> None:
        self.left: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        if scope["path"] != "/0":
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left.append(scope["path"])
        await send({"type": "http.response.body", "body": b"whole"})


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with Address("127.0.0.1", 0).bind() as sock:
        yield sock


@pytest.mark.parametrize("paths", [(1,), (1, 2), (1, 2, 3), (0, 1, 2)])
async def test_a_client_that_leaves_is_missed_by_the_request_that_is_answered(
    sock: socket.socket, paths: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    app = Application()
    server = uvicorn.Server(
        uvicorn.Config(app, http=PipeliningProtocol, lifespan="off", log_config=None, access_log=False)
    )
    serving = asyncio.create_task(server._serve(sockets=[sock]))
    reader, writer = await asyncio.open_connection(*sock.getsockname())
    writer.write(b"".join(REQUEST % path for path in paths))
    await reader.readuntil(b"half")
    writer.close()
    await eventually(lambda: "/1" in app.left)
    server.should_exit = True
    await serving
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
