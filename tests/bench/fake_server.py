"""A chat server that answers without a model; run as a script it stands for either side of the benchmark."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web


class ChatServer:
    """Counts its requests and answers each with as many words as tokens were asked for.

    Args:
        pause: seconds before each word.
        short: words that it holds back at the end of each answer.
        status: HTTP status of its answers.
    """

    def __init__(self, pause: float = 0.0, short: int = 0, status: int = 200) -> None:
        self.bodies: list[dict[str, object]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._pause = pause
        self._short = short
        self._status = status

    @asynccontextmanager
    async def running(self, port: int = 0, others: Sequence[web.RouteDef] = ()) -> AsyncIterator[str]:
        """Serves chat and other routes; yields the address."""
        app = web.Application()
        app.add_routes([web.post("/v1/chat/completions", self._chat), *others])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        host, port = runner.addresses[0]
        try:
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self._status != 200:
                return web.json_response({"error": {"message": "no"}}, status=self._status)
            tokens = body["max_tokens"] - self._short
            return await (self._stream(request, tokens) if body.get("stream") else self._whole(tokens))
        finally:
            self._at_once -= 1

    async def _whole(self, tokens: int) -> web.Response:
        await asyncio.sleep(self._pause * tokens)
        return web.json_response(
            {"choices": [{"message": {"content": "word"}}], "usage": {"completion_tokens": tokens}}
        )

    async def _stream(self, request: web.Request, tokens: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(event(choices=[{"delta": {"role": "assistant", "content": ""}}]))
        for _ in range(tokens):
            await asyncio.sleep(self._pause)
            await response.write(event(choices=[{"delta": {"content": "word "}}]))
        await response.write(event(choices=[], usage={"completion_tokens": tokens}))
        await response.write(b"data: [DONE]\n\n")
        return response


def event(**content: object) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


async def main() -> None:
    """Serve on the given port until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--engine", help="a program to start beside the server")
    options, _ = parser.parse_known_args()
    async with ChatServer().running(options.port):
        if options.engine:
            await asyncio.create_subprocess_exec(options.engine, "60")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
