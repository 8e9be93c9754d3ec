"""A front of workers without models; run as a script, without `--replicas` it is a worker on its own."""

import argparse
import asyncio
import os
import signal

from aiohttp import web
from setproctitle import setproctitle

from dragoman.process import kinship
from tests.bench.fake_server import ChatServer

TREE = ("dragoman preloader", "dragoman server", "VLLM::EngineCore")


def fork(*titles: str) -> None:
    """Makes a chain of processes, each the child of the one before, that end with their parents; waits for the last."""
    reading, writing = os.pipe()
    _fork(titles, writing)
    os.read(reading, 1)


def _fork(titles: tuple[str, ...], last: int) -> None:
    if not titles:
        os.write(last, b".")
        return
    parent = os.getpid()
    if os.fork():
        return
    kinship.die_with(parent)
    setproctitle(titles[0])
    _fork(titles[1:], last)
    while True:
        signal.pause()


def metrics(replicas: int) -> web.RouteDef:
    """A route that names each replica, more than once."""
    names = [f"replica-{number}" for number in range(replicas)]
    text = "\n".join(f'{gauge}{{engine="0",replica="{name}"}} 1' for gauge in ("up", "ready") for name in names)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=text)

    return web.get("/metrics", answer)


async def serve(port: int, replicas: int) -> None:
    """Serve until a signal ends it."""
    async with ChatServer().running(port, [metrics(replicas)]):
        await asyncio.Event().wait()


def main() -> None:
    """Become what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--replicas", type=int, default=0)
    options, _ = parser.parse_known_args()
    for _ in range(options.replicas):
        fork("dragoman doorman", *TREE)
    if not options.replicas:
        fork(*TREE)
    asyncio.run(serve(options.port, options.replicas))


if __name__ == "__main__":
    main()
