from collections.abc import AsyncIterator

import aiohttp
import anyio.to_thread
import pytest
import requests
from aiohttp import web
from aiohttp.resolver import ThreadedResolver

from dragoman.engine import fetching
from dragoman.engine.fetching import PublicResolver, public_requests, public_session

pytestmark = pytest.mark.anyio


class NotPublicError(Exception):
    """What the worker says of a name with a private address."""


@pytest.fixture
async def port(anyio_backend: str) -> AsyncIterator[int]:
    """That of a server in this machine, which answers with a word."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="word")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    await runner.cleanup()


@pytest.fixture
async def session(anyio_backend: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with public_session(NotPublicError) as session:
        yield session


def everything_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "is_public", lambda address: True)


async def test_an_address_in_a_url_is_not_connected_to(session: aiohttp.ClientSession, port: int) -> None:
    with pytest.raises(aiohttp.ClientConnectorError, match="not public"):
        await session.get(f"http://127.0.0.1:{port}/")


async def test_nor_is_what_a_name_stands_for(session: aiohttp.ClientSession, port: int) -> None:
    with pytest.raises(NotPublicError):
        await session.get(f"http://localhost:{port}/")


async def test_one_private_address_among_others_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(self: object, host: str, port: int, family: int) -> list[dict[str, str]]:
        return [{"host": "8.8.8.8"}, {"host": "10.0.0.1"}]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    with pytest.raises(NotPublicError):
        await PublicResolver(NotPublicError).resolve("example.com")


async def test_public_addresses_are(session: aiohttp.ClientSession, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_is_public(monkeypatch)
    async with session.get(f"http://localhost:{port}/") as response:
        assert await response.text() == "word"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_threads_connect_to_nothing_private_either(port: int, host: str, scheme: str) -> None:
    with public_requests() as client, pytest.raises(requests.ConnectionError, match="not public"):
        await anyio.to_thread.run_sync(client.get, f"{scheme}://{host}:{port}/")


async def test_threads_connect_to_what_is_public(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_is_public(monkeypatch)
    with public_requests() as client:
        response = await anyio.to_thread.run_sync(client.get, f"http://127.0.0.1:{port}/")
    assert response.text == "word"


def test_proxies_are_not_asked() -> None:
    with public_requests() as client:
        assert not client.trust_env
