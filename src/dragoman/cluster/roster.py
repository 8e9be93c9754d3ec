"""Who serves where: the one thing that replicas and fronts have to know of each other."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ray.actor import ActorHandle

Said = TypeVar("Said")

NAMESPACE = "dragoman"
# Seconds that a replica or a front counts without a sign of life; it gives one every PULSE.
PULSE = 2.0
PATIENCE = 6.0
# Seconds that a watcher waits for news before it asks again.
WATCH = 5.0
# Seconds that a roster says nothing: one that takes a lost one's place hears within them from all who serve.
SETTLING = 2 * PULSE


@dataclass(frozen=True)
class News:
    """What the roster says at one time.

    Args:
        edition: grows with each change.
        replicas: the address of each replica that serves, by its name.
    """

    edition: int
    replicas: Mapping[str, str]


class Roster:
    """An actor; each application has one.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._opens = clock() + SETTLING
        # An edition of a roster that was lost and made anew is not one that watchers have seen.
        self._edition = time.time_ns()
        self._replicas: dict[str, str] = {}
        self._seen: dict[str, float] = {}
        self._loads: dict[str, tuple[float, Mapping[str, int]]] = {}
        self._changed = asyncio.Event()

    async def serve(self, replica: str, address: str) -> None:
        """A replica's sign of life: it serves there. What repeats what is known is no news."""
        self._seen[replica] = self._clock()
        if self._replicas.get(replica) != address:
            self._replicas[replica] = address
            self._publish()

    async def leave(self, replica: str) -> None:
        """A replica serves no more, or not now."""
        self._seen.pop(replica, None)
        if self._replicas.pop(replica, None) is not None:
            self._publish()

    async def report(self, front: str, load: Mapping[str, int]) -> None:
        """A front's sign of life: how many requests each replica has from it."""
        self._forget_the_silent()
        self._loads[front] = (self._clock(), load)

    async def fronts(self) -> Sequence[str]:
        """The fronts that give signs of life."""
        alive = self._clock() - PATIENCE
        self._loads = {front: it for front, it in self._loads.items() if it[0] > alive}
        return tuple(self._loads)

    async def load(self, replica: str) -> int:
        """How many requests a replica has from all fronts."""
        await self.fronts()
        return sum(load.get(replica, 0) for _, load in self._loads.values())

    async def watch(self, edition: int) -> News:
        """What there is as soon as it differs from that edition, or has not for a while."""
        await asyncio.sleep(max(0.0, self._opens - self._clock()))
        self._forget_the_silent()
        if edition == self._edition:
            changed = self._changed
            try:
                async with asyncio.timeout(WATCH):
                    await changed.wait()
            except TimeoutError:
                self._forget_the_silent()
        return News(self._edition, dict(self._replicas))

    def _forget_the_silent(self) -> None:
        alive = self._clock() - PATIENCE
        for replica in [name for name, seen in self._seen.items() if seen <= alive]:
            del self._seen[replica], self._replicas[replica]
            self._publish()

    def _publish(self) -> None:
        self._edition += 1
        self._changed.set()
        self._changed = asyncio.Event()


class RemoteRoster:
    """The roster of an application as replicas and fronts reach it; one that was lost is made anew.

    Args:
        application: its name in Ray Serve.
    """

    def __init__(self, application: str) -> None:
        self._application = application
        self._actor: ActorHandle | None = None

    async def serve(self, replica: str, address: str) -> None:
        """Tells it that a replica serves there, if there is a roster at the moment."""
        await self._tell(lambda actor: actor.serve.remote(replica, address))

    async def leave(self, replica: str) -> None:
        """Tells it that a replica serves no more, if there is a roster at the moment."""
        await self._tell(lambda actor: actor.leave.remote(replica))

    async def report(self, front: str, load: Mapping[str, int]) -> None:
        """Tells it how many requests each replica has from a front, if there is a roster at the moment."""
        await self._tell(lambda actor: actor.report.remote(front, dict(load)))

    async def load(self, replica: str) -> int:
        """How many requests a replica has from all fronts; an error of Ray's where there is no roster."""
        return await self._ask(lambda actor: actor.load.remote(replica))

    async def fronts(self) -> Sequence[str]:
        """The fronts that give signs of life; an error of Ray's where there is no roster."""
        return await self._ask(lambda actor: actor.fronts.remote())

    async def news(self) -> AsyncIterator[Mapping[str, str]]:
        """Yields the addresses of the replicas that serve, by their names, each time that they have changed."""
        from ray.exceptions import RayError

        edition = 0
        while True:
            try:
                found = await self._ask(partial(_watched, edition=edition))
            except RayError:
                # Replicas tell the next one again where they are.
                await asyncio.sleep(PULSE)
                continue
            if found.edition != edition:
                edition = found.edition
                yield found.replicas

    def end(self) -> None:
        """Ends the roster."""
        import ray

        if self._actor is not None:
            ray.kill(self._actor)

    async def _tell(self, call: Callable[["ActorHandle"], Awaitable[None]]) -> None:
        from ray.exceptions import RayError

        with contextlib.suppress(RayError):
            await self._ask(call)

    async def _ask(self, call: Callable[["ActorHandle"], Awaitable[Said]]) -> Said:
        from ray.exceptions import ActorDiedError

        if self._actor is None:
            self._actor = _found(self._application)
        try:
            return await call(self._actor)
        except ActorDiedError:
            # It was ended by somebody, so Ray starts it no more.
            self._actor = None
            raise


def _watched(actor: "ActorHandle", edition: int) -> Awaitable[News]:
    watching: Awaitable[News] = actor.watch.remote(edition)
    return watching


def _found(application: str) -> "ActorHandle":
    """The actor, made where there is none yet."""
    import ray

    named = {"name": f"roster of {application}", "namespace": NAMESPACE, "get_if_exists": True}
    return ray.remote(Roster).options(**named, lifetime="detached", num_cpus=0, max_restarts=-1).remote()
