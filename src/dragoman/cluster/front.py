"""The one address of a cluster: each request goes straight to a replica's own port."""

import logging
from collections.abc import Mapping

import aiohttp
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.cluster.affinity import conversation
from dragoman.cluster.balance import Balance
from dragoman.cluster.manners import Manners
from dragoman.cluster.metrics import FrontMetrics
from dragoman.engine.relay import RelayError, relay, relaying
from dragoman.serving import answers, probes
from dragoman.serving.lifecycle import Lifecycle, Status

METRICS = "/metrics"
# Seconds that a connection to a replica may take: they are in one network.
CONNECT = 2.0
GONE = "The replica that had this request has ended. Try again."
BUSY = "No replica takes requests now. Try again."
# What replicas are told of the client, whatever it says itself.
FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto")
RETRY = {"retry-after": "1"}

log = logging.getLogger("dragoman")


class Front:
    """An ASGI application that chooses a replica for each request and passes it on.

    What no replica has taken goes to the next one. What a replica has taken is never sent a second time: where its
    answer has not begun, the client is told so, and one that has begun is left without its end.

    Args:
        http: what connects to replicas.
        wanted: how many replicas there are to be, at least.
        lifecycle: where the cluster is in its life.
        manners: the platform's.
    """

    def __init__(self, http: aiohttp.ClientSession, wanted: int, lifecycle: Lifecycle, manners: Manners) -> None:
        self._http = http
        self._wanted = wanted
        self._lifecycle = lifecycle
        self._health = manners.health
        self._refuse = manners.refuse
        self._addresses: Mapping[str, str] = {}
        self._balance = Balance()
        self._metrics = FrontMetrics(self._balance)
        self._passing_on = relaying(self._answer)
        self._away = probes.while_away(manners.probe, lifecycle)

    @property
    def load(self) -> Mapping[str, int]:
        """How many requests each replica has from here."""
        return self._balance.load()

    def update(self, addresses: Mapping[str, str]) -> None:
        """Notes which replicas serve from now on, and where."""
        for name in addresses.keys() - self._addresses.keys():
            log.info("replica %s serves at %s", name, addresses[name])
        for name in self._addresses.keys() - addresses.keys():
            log.warning("replica %s serves no more", name)
        self._addresses = dict(addresses)
        self._balance.update(sorted(addresses))
        if self._lifecycle.status is not Status.DRAINING:
            self._lifecycle.enter(*self._stage(len(addresses)))

    def _stage(self, count: int) -> tuple[Status, str]:
        phase = f"{count} of {max(count, self._wanted)} replicas"
        if count:
            return Status.READY, phase
        first = self._lifecycle.status is Status.STARTING
        return (Status.STARTING if first else Status.RESTARTING), phase

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        await (await self._app(scope))(scope, receive, send)

    async def _app(self, scope: Scope) -> ASGIApp:
        if scope["type"] == "http" and scope["path"] == self._health:
            return answers.health(self._lifecycle, self._lifecycle.ready)
        if not self._lifecycle.ready:
            return self._away
        if scope["type"] == "http" and scope["path"] == METRICS:
            return await self._metrics.response(self._http, self._addresses, scope)
        return self._passing_on

    async def _answer(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        """Passes a request on to the first replica that takes it."""
        key = conversation(scope["headers"], body)
        tried: set[str] = set()
        while replica := self._balance.choose(key, tried):
            tried.add(replica)
            # Of a 503 from everywhere, the client gets the last one.
            more = not tried.issuperset(self._balance.replicas)
            try:
                with self._balance.busy(replica):
                    address = self._addresses[replica]
                    await relay(self._http, address, _forwarded(scope), body, send, picky=more, as_host=True)
                return
            except RelayError as error:
                if self._balance.avoid(replica):
                    log.warning("replica %s does not answer: %s", replica, error)
                if error.sent:
                    self._metrics.lost.inc()
                    await self._refuse(503, GONE, "service_unavailable", RETRY, scope)(scope, receive, send)
                    return
                self._metrics.passed_over.inc()
        await self._refuse(503, BUSY, "service_unavailable", RETRY, scope)(scope, receive, send)


def _forwarded(scope: Scope) -> Scope:
    """The request with the client's address and scheme, which the worker's server takes for its own connection's."""
    headers = [header for header in scope["headers"] if header[0] not in FORWARDED]
    headers.append((b"x-forwarded-proto", scope["scheme"].encode()))
    if scope.get("client"):
        host, port = scope["client"]
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        headers.append((b"x-forwarded-for", address.encode()))
    return {**scope, "headers": headers}
