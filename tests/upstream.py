"""A fake OpenAI-compatible server; the name of the model says how it behaves."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import web

DEADLINE = 60.0
WORDS = ("Guten", "Tag", "!")


async def eventually(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Waits until a condition holds."""
    async with asyncio.timeout(DEADLINE):
        while not (await holds if isinstance(holds := condition(), Awaitable) else holds):
            await asyncio.sleep(0.01)


def event(content: object) -> bytes:
    """One event of a stream."""
    return b"data: " + (content if isinstance(content, bytes) else json.dumps(content).encode()) + b"\n\n"


def delta(text: str) -> bytes:
    """The event that carries a piece of an answer."""
    return event({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]})


class Upstream:
    """Serves between entry and exit, each time on the same port.

    Streams of the models ``endless``, ``gated`` and ``crash`` go on for ever, wait for ``gate`` after the first word,
    and break off after it. ``status`` is that of /health; None takes the route away.
    """

    def __init__(self) -> None:
        self.port = 0
        self.status: int | None = 200
        self.gate = asyncio.Event()
        self.streaming = 0
        self.seen: list[web.Request] = []
        self._behaviours: dict[str, Callable[[web.StreamResponse, web.Request], Awaitable[None]]] = {
            "endless": self._endless,
            "gated": self._gated,
            "crash": self._crash,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._remember])
        app.router.add_get("/health", self._health)
        for prefix in ("", "/prefix"):
            app.router.add_get(f"{prefix}/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/cookies", self._cookies)
        app.router.add_get("/moved", self._moved)
        app.router.add_delete("/nothing", self._nothing)
        app.router.add_route("*", "/echo{tail:.*}", self._echo)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _remember(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.seen.append(request)
        return await handler(request)

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(status=self.status if self.status is not None else 404)

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "fake", "object": "model"}]})

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(text="vllm:num_requests_running 0.0\n")

    async def _cookies(self, request: web.Request) -> web.Response:
        headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Date", "Mon, 01 Jan 2001 00:00:00 GMT")]
        return web.Response(headers=headers, text="cookies")

    async def _moved(self, request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/v1/models"})

    async def _nothing(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _echo(self, request: web.Request) -> web.Response:
        headers = [[name.decode().lower(), value.decode()] for name, value in request.raw_headers]
        body = (await request.read()).decode()
        return web.json_response(
            {"method": request.method, "target": request.raw_path, "headers": headers, "body": body}
        )

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") == "Bearer wrong":
            return web.json_response({"error": {"message": "Unauthorized", "code": 401}}, status=401)
        body = await request.json()
        if not body.get("stream"):
            message = {"role": "assistant", "content": " ".join(WORDS)}
            return web.json_response({"object": "chat.completion", "choices": [{"index": 0, "message": message}]})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.streaming += 1
        try:
            await self._behaviours.get(body["model"], self._speak)(response, request)
        finally:
            self.streaming -= 1
        return response

    async def _speak(self, response: web.StreamResponse, request: web.Request) -> None:
        for word in WORDS:
            await response.write(delta(word))
        await response.write(event(b"[DONE]"))

    async def _endless(self, response: web.StreamResponse, request: web.Request) -> None:
        while True:
            await response.write(delta(WORDS[0]))
            await asyncio.sleep(0.01)

    async def _gated(self, response: web.StreamResponse, request: web.Request) -> None:
        await response.write(delta(WORDS[0]))
        await self.gate.wait()
        await response.write(delta(WORDS[1]))
        await response.write(event(b"[DONE]"))

    async def _crash(self, response: web.StreamResponse, request: web.Request) -> None:
        await response.write(delta(WORDS[0]))
        assert request.transport is not None
        request.transport.close()
