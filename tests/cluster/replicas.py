"""Fake replicas, and a front before them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from dragoman.cluster.front import Front
from dragoman.cluster.manners import Manners
from dragoman.engine.client import Client
from dragoman.engine.relay import session
from dragoman.platforms import resolve
from dragoman.serving.lifecycle import Lifecycle
from dragoman.settings.values import Value
from tests.serving.dialects import VARIABLES
from tests.upstream import Upstream, eventually

# What the platforms hand down, as far as their probes and errors look at it.
SETTINGS: Mapping[str, Mapping[str, Value]] = {
    "plain": {},
    "datarobot": {"target_name": "answer"},
    "lmi": {"model_name": "m", "allow_multi_status": False},
}


class Replica(Upstream):
    """A replica; the model ``broken`` ends the connection before it answers, and ``slow`` never answers.

    One that is ``away`` answers chats with 503 and these headers; one that has a ``key`` tells metrics to those who
    show it.

    Args:
        name: stands in its answers and metrics.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.away: Mapping[str, str] | None = None
        self.key: str | None = None

    @property
    def chats(self) -> int:
        """How many chats have come."""
        return sum(request.path.endswith("completions") for request in self.seen)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if self.away is not None:
            return web.Response(status=503, headers=self.away, text=f"{self.name} is away")
        model = (await request.json())["model"]
        if model == "broken":
            assert request.transport is not None
            request.transport.close()
        if model == "slow":
            self.streaming += 1
            try:
                await eventually(lambda: request.transport is None)
            finally:
                self.streaming -= 1
        return await super()._chat(request)

    async def _metrics(self, request: web.Request) -> web.Response:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": "no key"}, status=401)
        return web.Response(text=f'# TYPE vllm:running gauge\nvllm:running{{model="{self.name}"}} 1.0\n')


def manners(platform: str = "plain") -> Manners:
    """How a platform speaks."""
    return Manners.of(resolve(("--platform", platform), VARIABLES[platform]))


class Cluster:
    """A front and what it knows.

    Args:
        front: the application.
        lifecycle: its life.
    """

    def __init__(self, front: Front, lifecycle: Lifecycle) -> None:
        self.front = front
        self.lifecycle = lifecycle
        self.client = Client(front)


@asynccontextmanager
async def cluster(*replicas: Replica, platform: str = "plain", wanted: int = 2) -> AsyncIterator[Cluster]:
    """A front that knows these replicas."""
    lifecycle = Lifecycle(0)
    async with session() as http:
        front = Front(http, wanted, lifecycle, manners(platform))
        if replicas:
            front.update({replica.name: replica.url for replica in replicas})
        yield Cluster(front, lifecycle)
