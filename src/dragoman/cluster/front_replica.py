"""The front as a deployment of Ray Serve's, for clusters whose address is Serve's own."""

import asyncio
import os
import time

from ray import serve
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.cluster.assembly import front
from dragoman.cluster.front import CONNECT, Front
from dragoman.cluster.order import Order
from dragoman.cluster.roster import PULSE, RemoteRoster
from dragoman.engine.relay import session
from dragoman.platforms import resolve
from dragoman.serving.lifecycle import Lifecycle

TICK = 0.1


class FrontReplica:
    """Serve's ingress, which passes requests on without Serve's help.

    Args:
        order: what the replicas serve, whose platform the front speaks too.
        wanted: how many replicas there are to be, at least.
        replicas: their handle, which makes them part of the application.
    """

    def __init__(self, order: Order, wanted: int, replicas: object) -> None:
        self._resolution = resolve(order.arguments, {**os.environ, **order.environment})
        self._wanted = wanted
        self._lifecycle = Lifecycle(time.monotonic())

    async def __serve_build_asgi_app__(self) -> ASGIApp:
        """Asked by Ray Serve: what answers, as soon as there is a replica to answer through."""
        self._http = session(connect=CONNECT)
        passing, app = front(self._resolution, self._http, self._wanted, self._lifecycle)
        members = RemoteRoster(serve.get_replica_context().app_name)
        self._following = asyncio.gather(self._learn(passing, members), self._report(passing, members))
        while not self._lifecycle.ready and not self._following.done():
            await asyncio.sleep(TICK)
        return _with_lifespan(app)

    async def check_health(self) -> None:
        """Asked by Ray Serve; a front that learns nothing any more is not well."""
        if self._following.done():
            self._following.result()

    async def __del__(self) -> None:
        """Called by Ray Serve when the front is to end."""
        self._following.cancel()
        await self._http.close()

    async def _learn(self, passing: Front, members: RemoteRoster) -> None:
        async for replicas in members.news():
            passing.update(replicas)

    async def _report(self, passing: Front, members: RemoteRoster) -> None:
        name = serve.get_replica_context().replica_tag
        while True:
            await members.report(name, passing.load)
            await asyncio.sleep(PULSE)


def _with_lifespan(app: ASGIApp) -> ASGIApp:
    """The application for a server that insists on telling it when it starts and ends."""

    async def living(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for stage in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{stage}.complete"})

    return living
