"""A custom model's server without a model; run as a script it stands for DRUM or for Dragoman in its place."""

import argparse
import asyncio
import csv
import io

from aiohttp import web

from tests.bench.fake_server import ChatServer


async def predict(request: web.Request) -> web.Response:
    """Answers each row with a word."""
    rows = list(csv.DictReader(io.StringIO(await request.text())))
    return web.json_response({"predictions": ["word" for _ in rows]})


async def main() -> None:
    """Serve on the given address until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--address")
    options, _ = parser.parse_known_args()
    port = options.port or int(options.address.rpartition(":")[2])
    async with ChatServer().running(port, [web.post("/predict/", predict)]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
