import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import ModuleType, SimpleNamespace

import pytest

from dragoman.cluster import roster
from dragoman.cluster.roster import PATIENCE, SETTLING, News, RemoteRoster, Roster
from tests.clock import Clock

pytestmark = pytest.mark.anyio


@pytest.fixture
def time() -> Clock:
    return Clock()


@pytest.fixture
def members(time: Clock) -> Roster:
    """A roster that has been there for a while."""
    members = Roster(time.monotonic)
    time.now += SETTLING
    return members


async def waiting(watch: Awaitable[News]) -> "asyncio.Task[News]":
    """A watcher that has asked."""
    task = asyncio.ensure_future(watch)
    await asyncio.sleep(0.01)
    assert not task.done()
    return task


async def test_who_is_new_is_told_what_there_is(members: Roster) -> None:
    await members.serve("a", "http://a")
    await members.serve("b", "http://b")
    assert (await members.watch(0)).replicas == {"a": "http://a", "b": "http://b"}


async def test_who_is_behind_is_told_at_once(members: Roster) -> None:
    seen = await members.watch(0)
    await members.serve("a", "http://a")
    news = await members.watch(seen.edition)
    assert (news.replicas, news.edition > seen.edition) == ({"a": "http://a"}, True)


CHANGES: dict[str, Callable[[Roster], Awaitable[None]]] = {
    "one that comes": lambda members: members.serve("b", "http://b"),
    "one that leaves": lambda members: members.leave("a"),
    "one that has moved": lambda members: members.serve("a", "http://elsewhere"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_who_knows_all_is_told_of_a_change_as_it_comes(
    members: Roster, change: Callable[[Roster], Awaitable[None]]
) -> None:
    await members.serve("a", "http://a")
    seen = await members.watch(0)
    watchers = [await waiting(members.watch(seen.edition)) for _ in range(2)]
    await change(members)
    first, second = await asyncio.gather(*watchers)
    assert first == second
    assert first.edition > seen.edition
    assert first.replicas != seen.replicas


SILENCES: dict[str, Callable[[Roster], Awaitable[None]]] = {
    "a sign of life": lambda members: members.serve("a", "http://a"),
    "a stranger who leaves": lambda members: members.leave("z"),
    "a front's load": lambda members: members.report("front", {"a": 1}),
}


@pytest.mark.parametrize("event", SILENCES.values(), ids=SILENCES)
async def test_what_is_known_is_no_news(members: Roster, event: Callable[[Roster], Awaitable[None]]) -> None:
    await members.serve("a", "http://a")
    seen = await members.watch(0)
    watcher = await waiting(members.watch(seen.edition))
    await event(members)
    await asyncio.sleep(0.01)
    assert not watcher.done()
    watcher.cancel()


async def test_who_hears_nothing_for_a_while_may_ask_again(members: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "WATCH", 0.01)
    seen = await members.watch(0)
    assert await members.watch(seen.edition) == seen


async def test_a_replica_that_is_silent_is_forgotten(members: Roster, time: Clock) -> None:
    await members.serve("a", "http://a")
    time.now += PATIENCE / 2
    await members.serve("b", "http://b")
    seen = await members.watch(0)
    time.now += PATIENCE / 2
    assert (await members.watch(seen.edition)).replicas == {"b": "http://b"}


async def test_signs_of_life_keep_a_replica(members: Roster, time: Clock) -> None:
    for _ in range(3):
        await members.serve("a", "http://a")
        time.now += PATIENCE * 0.9
    assert (await members.watch(0)).replicas == {"a": "http://a"}


async def test_watchers_hear_of_silence_while_they_wait(members: Roster, time: Clock) -> None:
    await members.serve("a", "http://a")
    seen = await members.watch(0)
    watcher = await waiting(members.watch(seen.edition))
    time.now += PATIENCE
    await members.report("front", {"a": 0})
    assert (await watcher).replicas == {}


async def test_who_comes_back_is_news(members: Roster, time: Clock) -> None:
    await members.serve("a", "http://a")
    await members.leave("a")
    seen = await members.watch(0)
    await members.serve("a", "http://a")
    assert (await members.watch(seen.edition)).replicas == {"a": "http://a"}


async def test_a_roster_in_a_lost_ones_place_is_silent_until_all_have_told_it(members: Roster, time: Clock) -> None:
    await members.serve("a", "http://a")
    seen = await members.watch(0)
    heir = Roster(time.monotonic)
    time.now += SETTLING - 0.05
    watcher = asyncio.ensure_future(heir.watch(seen.edition))
    await asyncio.sleep(0)
    await heir.serve("a", "http://a")
    news = await watcher
    assert (news.replicas, news.edition != seen.edition) == ({"a": "http://a"}, True)


async def test_a_replicas_load_is_that_of_all_fronts(members: Roster) -> None:
    await members.report("one", {"a": 2, "b": 1})
    await members.report("other", {"a": 3})
    assert [await members.load(name) for name in "abc"] == [5, 1, 0]


async def test_a_fronts_last_word_counts(members: Roster) -> None:
    await members.report("one", {"a": 2})
    await members.report("one", {"a": 1})
    assert await members.load("a") == 1


async def test_a_front_that_is_silent_counts_no_more(members: Roster, time: Clock) -> None:
    await members.report("gone", {"a": 2})
    time.now += PATIENCE
    await members.report("here", {"a": 1})
    assert await members.load("a") == 1


class RayError(Exception):
    """Stands for Ray's."""


class ActorDiedError(RayError):
    """Stands for Ray's."""


class Actor:
    """A roster as its handle shows it; it cannot be reached while it is ``lost``, and never once it has ``died``."""

    def __init__(self, members: Roster) -> None:
        self.members = members
        self.lost = False
        self.died = False

    def __getattr__(self, name: str) -> SimpleNamespace:
        method: Callable[..., Awaitable[object]] = getattr(self.members, name)

        async def remote(*arguments: object) -> object:
            if self.died:
                raise ActorDiedError
            if self.lost:
                raise RayError
            return await method(*arguments)

        return SimpleNamespace(remote=remote)


@pytest.fixture
def actor(members: Roster, monkeypatch: pytest.MonkeyPatch) -> Actor:
    exceptions = ModuleType("ray.exceptions")
    exceptions.RayError = RayError  # type: ignore[attr-defined]
    exceptions.ActorDiedError = ActorDiedError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    monkeypatch.setitem(sys.modules, "ray.exceptions", exceptions)
    monkeypatch.setattr(roster, "PULSE", 0.01)
    monkeypatch.setattr(roster, "WATCH", 0.01)
    found = Actor(members)
    monkeypatch.setattr(roster, "_found", lambda application: found)
    return found


@pytest.fixture
def news(actor: Actor) -> AsyncIterator[Mapping[str, str]]:
    return RemoteRoster("app").news()


async def test_who_follows_is_told_of_each_change_once(actor: Actor, news: AsyncIterator[Mapping[str, str]]) -> None:
    assert await anext(news) == {}
    await actor.members.serve("a", "http://a")
    assert await anext(news) == {"a": "http://a"}
    coming = asyncio.ensure_future(anext(news))
    await actor.members.serve("a", "http://a")
    await actor.members.serve("b", "http://b")
    assert await coming == {"a": "http://a", "b": "http://b"}


async def test_who_follows_hears_nothing_of_a_roster_that_is_lost(
    actor: Actor, news: AsyncIterator[Mapping[str, str]], time: Clock
) -> None:
    await actor.members.serve("a", "http://a")
    assert await anext(news) == {"a": "http://a"}
    actor.lost = True
    coming = asyncio.ensure_future(anext(news))
    actor.members = Roster(time.monotonic)
    time.now += SETTLING
    await actor.members.serve("b", "http://b")
    await asyncio.sleep(0.05)
    assert not coming.done()
    actor.lost = False
    assert await coming == {"b": "http://b"}


async def test_a_front_tells_its_load_where_there_is_a_roster(actor: Actor) -> None:
    remote = RemoteRoster("app")
    await remote.report("front", {"a": 3})
    actor.lost = True
    await remote.report("front", {"a": 7})
    assert await actor.members.load("a") == 3


async def test_a_roster_that_was_ended_is_found_anew(
    actor: Actor, news: AsyncIterator[Mapping[str, str]], monkeypatch: pytest.MonkeyPatch, time: Clock
) -> None:
    replica = RemoteRoster("app")
    await replica.serve("a", "http://a")
    assert await anext(news) == {"a": "http://a"}
    heir = Actor(Roster(time.monotonic))
    time.now += SETTLING
    monkeypatch.setattr(roster, "_found", lambda application: heir)
    actor.died = True

    await replica.serve("b", "http://b")
    await replica.serve("b", "http://b")

    assert await anext(news) == {"b": "http://b"}


async def test_fronts_are_known_by_their_signs_of_life(actor: Actor, time: Clock) -> None:
    remote = RemoteRoster("app")
    assert await remote.fronts() == ()
    await remote.report("front", {})
    assert await remote.fronts() == ("front",)
    time.now += PATIENCE
    assert await remote.fronts() == ()
