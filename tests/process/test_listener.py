import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from starlette.types import Receive, Scope, Send

from dragoman.errors import ConfigurationError
from dragoman.process.address import Address
from dragoman.process.listener import HttpOptions, Listener
from tests.upstream import eventually

pytestmark = pytest.mark.anyio


class Application:
    """Answers its name; /slow waits for the gate after the first half."""

    def __init__(self, name: str) -> None:
        self.name = name.encode()
        self.gate = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        if scope["path"] == "/slow":
            await send({"type": "http.response.body", "body": b"half ", "more_body": True})
            await self.gate.wait()
        await send({"type": "http.response.body", "body": self.name})


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with Address("127.0.0.1", 0).bind() as sock:
        yield sock


@pytest.fixture
async def session(anyio_backend: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session


def listener(app: Application, sock: socket.socket) -> Listener:
    return Listener(app, sock, HttpOptions(), grace=60)


def url(sock: socket.socket, path: str = "/") -> str:
    return f"http://127.0.0.1:{sock.getsockname()[1]}{path}"


async def ended(serving: "asyncio.Task[None] | None") -> None:
    assert serving is not None
    await serving


async def get(session: aiohttp.ClientSession, address: str) -> str:
    async with session.get(address) as response:
        return await response.text()


async def test_it_answers_once_it_is_open(sock: socket.socket, session: aiohttp.ClientSession) -> None:
    first = listener(Application("first"), sock)
    await first.open()
    assert await get(session, url(sock)) == "first"
    await ended(first.close())


async def test_opening_twice_and_closing_twice_does_nothing_more(sock: socket.socket) -> None:
    first = listener(Application("first"), sock)
    await first.open()
    await first.open()
    await ended(first.close())
    assert first.close() is None


async def test_an_accepted_stream_goes_on_to_its_end_after_closing(
    sock: socket.socket, session: aiohttp.ClientSession
) -> None:
    app = Application("first")
    first = listener(app, sock)
    await first.open()
    async with session.get(url(sock, "/slow")) as response:
        assert await response.content.readexactly(5) == b"half "
        serving = first.close()
        app.gate.set()
        assert await response.text() == "first"
    await ended(serving)


async def test_a_connection_that_waits_is_served_by_the_next_one(
    sock: socket.socket, session: aiohttp.ClientSession
) -> None:
    first, second = listener(Application("first"), sock), listener(Application("second"), sock)
    await first.open()
    closed = ended(first.close())
    answer = asyncio.create_task(get(session, url(sock)))
    await closed
    assert not answer.done()
    await second.open()
    assert await answer == "second"
    await ended(second.close())


async def test_it_can_be_opened_again(sock: socket.socket, session: aiohttp.ClientSession) -> None:
    first = listener(Application("first"), sock)
    for _ in range(3):
        await first.open()
        assert await get(session, url(sock)) == "first"
        await ended(first.close())


async def test_a_connection_whose_request_is_on_its_way_is_answered(
    sock: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.process.listener.ARRIVAL", 60)
    first = listener(Application("first"), sock)
    await first.open()
    reader, writer = await asyncio.open_connection(*sock.getsockname())
    server = first._server
    assert server is not None
    await eventually(lambda: bool(server.server_state.connections))
    serving = first.close()
    assert serving is not None
    await asyncio.wait([serving], timeout=0.3)
    writer.write(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    assert (await reader.read()).endswith(b"first\r\n0\r\n\r\n")
    writer.close()
    await serving


async def test_a_connection_without_a_request_does_not_hold_it_up(sock: socket.socket) -> None:
    first = listener(Application("first"), sock)
    await first.open()
    _, writer = await asyncio.open_connection(*sock.getsockname())
    await ended(first.close())
    writer.close()


async def test_no_connection_is_lost_while_two_take_turns(sock: socket.socket, session: aiohttp.ClientSession) -> None:
    turns = [listener(Application(name), sock) for name in ("first", "second")]
    answers: list[str] = []

    async def ask() -> None:
        while len(answers) < 500:
            answers.append(await get(session, url(sock)))

    await turns[0].open()
    clients = [asyncio.create_task(ask()) for _ in range(8)]
    closing = []
    while not all(client.done() for client in clients):
        closing.append(ended(turns[0].close()))
        await turns[1].open()
        turns.reverse()
        await asyncio.sleep(0.01)
    await asyncio.gather(*clients, *closing, ended(turns[0].close()))
    assert set(answers) == {"first", "second"}


async def test_closing_before_it_is_open_leaves_the_connection_to_the_next_one(
    sock: socket.socket, session: aiohttp.ClientSession
) -> None:
    first, second = listener(Application("first"), sock), listener(Application("second"), sock)
    opening = asyncio.create_task(first.open())
    await asyncio.sleep(0)
    await ended(first.close())
    await opening
    await second.open()
    assert await get(session, url(sock)) == "second"
    await ended(second.close())


async def test_a_unix_socket_is_served(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with Address("", 0, path).bind() as sock:
        first = listener(Application("first"), sock)
        await first.open()
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(path)) as session:
            assert await get(session, "http://worker/") == "first"
        await ended(first.close())


async def test_tls_is_spoken_where_there_is_a_certificate(
    sock: socket.socket, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    key, certificate = str(tmp_path / "key"), str(tmp_path / "certificate")
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost".split()
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    options = HttpOptions(ssl_keyfile=key, ssl_certfile=certificate)
    first = Listener(Application("first"), sock, options, grace=60)
    await first.open()
    async with session.get(url(sock).replace("http:", "https:"), ssl=False) as response:
        assert await response.text() == "first"
    await ended(first.close())


async def test_a_certificate_that_is_none_is_told(sock: socket.socket, tmp_path: Path) -> None:
    nonsense = tmp_path / "certificate"
    nonsense.write_text("nonsense")
    with pytest.raises(ConfigurationError, match=f"^TLS with {nonsense} cannot work: "):
        Listener(Application("first"), sock, HttpOptions(ssl_certfile=str(nonsense)), grace=60)


async def test_a_stream_that_outlasts_the_grace_period_is_broken_off_with_one_line(
    sock: socket.socket, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    first = Listener(Application("first"), sock, HttpOptions(), grace=0)
    await first.open()
    async with session.get(url(sock, "/slow")) as response:
        assert await response.content.readexactly(5) == b"half "
        await ended(first.close())
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.text()
    assert caplog.messages == ["requests that did not end within 1 s are broken off: 1"]


async def test_a_request_that_outlasts_the_grace_period_unanswered_is_refused(
    sock: socket.socket, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    entered = asyncio.Event()

    async def hang(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        await asyncio.Event().wait()

    first = Listener(hang, sock, HttpOptions(), grace=0)
    await first.open()
    asking = asyncio.create_task(session.get(url(sock)))
    await entered.wait()
    await ended(first.close())
    async with await asking as response:
        assert response.status == 503
        assert (await response.json())["error"]["message"] == "The worker has stopped. Try again."
    assert caplog.messages == ["requests that did not end within 1 s are broken off: 1"]


async def test_a_stream_whose_loop_ends_is_no_traceback(
    sock: socket.socket, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    first = listener(Application("first"), sock)
    await first.open()
    async with session.get(url(sock, "/slow")) as response:
        assert await response.content.readexactly(5) == b"half "
        assert first._server is not None
        for task in first._server.server_state.tasks:
            task.cancel()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.text()
    await ended(first.close())
    assert not any(record.exc_info for record in caplog.records)
