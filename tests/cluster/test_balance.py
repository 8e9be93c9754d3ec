import contextlib
from collections import Counter
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.cluster.balance import LEAD, PAUSE, SHARE, Balance
from tests.clock import Clock

NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True)
KEYS = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=20, unique=True)
LOADS = st.lists(st.integers(0, 60), min_size=6, max_size=6)


def serving(*replicas: str) -> Balance:
    balance = Balance()
    balance.update(replicas)
    return balance


def load(balance: Balance, requests: dict[str, int]) -> ExitStack:
    """Has replicas answer so many requests until the context ends."""
    busy = ExitStack()
    for replica, count in requests.items():
        for _ in range(count):
            busy.enter_context(balance.busy(replica))
    return busy


def homes(balance: Balance, keys: list[bytes]) -> dict[bytes, str | None]:
    return {key: balance.choose(key) for key in keys}


def other(home: str | None) -> str:
    return "b" if home == "a" else "a"


@given(NAMES, KEYS)
def test_every_front_has_the_same_home_for_a_conversation(replicas: list[str], keys: list[bytes]) -> None:
    assert homes(serving(*replicas), keys) == homes(serving(*reversed(replicas)), keys)


@given(NAMES, KEYS, st.data())
def test_a_replica_that_leaves_moves_only_its_own_conversations(
    replicas: list[str], keys: list[bytes], data: st.DataObject
) -> None:
    balance = serving(*replicas)
    before = homes(balance, keys)
    leaving = data.draw(st.sampled_from(replicas))
    balance.update([replica for replica in replicas if replica != leaving])
    after = homes(balance, keys)
    assert {key for key in keys if before[key] != after[key]} == {key for key in keys if before[key] == leaving}


@given(NAMES, st.binary(min_size=1), LOADS)
def test_a_conversation_leaves_its_home_only_where_that_is_overloaded(
    replicas: list[str], key: bytes, counts: list[int]
) -> None:
    balance = serving(*replicas)
    home = balance.choose(key)
    requests = dict(zip(replicas, counts, strict=False))
    least = min(requests.values())
    with load(balance, requests):
        chosen = balance.choose(key)
    assert home is not None
    assert chosen is not None
    if requests[home] - least <= max(LEAD, SHARE * least):
        assert chosen == home
    else:
        assert requests[chosen] == least


@given(NAMES, LOADS)
def test_a_request_of_no_conversation_goes_to_one_that_has_least(replicas: list[str], counts: list[int]) -> None:
    balance = serving(*replicas)
    requests = dict(zip(replicas, counts, strict=False))
    with load(balance, requests):
        chosen = balance.choose(None)
    assert chosen is not None
    assert requests[chosen] == min(requests.values())


@pytest.mark.parametrize(("least", "stays", "goes"), [(0, 4, 5), (16, 20, 21), (100, 125, 126)])
def test_how_much_more_a_home_may_have(least: int, stays: int, goes: int) -> None:
    balance = serving("a", "b")
    home = balance.choose(b"key")
    assert home is not None
    with load(balance, {home: stays, other(home): least}):
        assert balance.choose(b"key") == home
    with load(balance, {home: goes, other(home): least}):
        assert balance.choose(b"key") == other(home)


def test_conversations_are_spread() -> None:
    counts = Counter(homes(serving("a", "b", "c"), [str(number).encode() for number in range(300)]).values())
    assert min(counts[name] for name in "abc") > 60


def test_requests_of_no_conversation_are_spread_over_those_that_have_as_many() -> None:
    balance = serving("a", "b", "c")
    counts = Counter(balance.choose(None) for _ in range(300))
    assert min(counts[name] for name in "abc") > 60


def test_one_that_has_turned_the_request_away_is_not_chosen_again() -> None:
    balance = serving("a", "b", "c")
    tried: list[str] = []
    while replica := balance.choose(b"key", tried):
        tried.append(replica)
    assert sorted(tried) == ["a", "b", "c"]


def test_one_that_has_turned_a_request_away_is_the_last_to_be_asked_for_a_while() -> None:
    time = Clock()
    balance = Balance(time.monotonic)
    balance.update(["a", "b"])
    home = balance.choose(b"key")
    assert home is not None
    assert balance.avoid(home)
    assert balance.choose(b"key") == other(home)
    assert {balance.choose(None) for _ in range(20)} == {other(home)}
    assert balance.choose(b"key", [other(home)]) == home
    time.now += PAUSE
    assert balance.choose(b"key") == home


def test_where_all_are_avoided_a_conversation_stays_at_home() -> None:
    balance = serving("a", "b")
    home = balance.choose(b"key")
    for replica in balance.replicas:
        balance.avoid(replica)
    assert balance.choose(b"key") == home


def test_that_a_replica_is_avoided_is_news_once() -> None:
    time = Clock()
    balance = Balance(time.monotonic)
    balance.update(["a"])
    assert [balance.avoid("a"), balance.avoid("a")] == [True, False]
    time.now += PAUSE
    assert balance.avoid("a")


def test_one_that_comes_back_is_avoided_no_more() -> None:
    balance = serving("a", "b")
    home = balance.choose(b"key")
    assert home is not None
    balance.avoid(home)
    balance.update([other(home)])
    balance.update(["a", "b"])
    assert balance.choose(b"key") == home


def test_there_is_none_where_none_serves() -> None:
    assert serving().choose(b"key") is None
    assert serving().choose(None) is None


def test_counts_return_to_nothing_whatever_ends_a_request() -> None:
    balance = serving("a", "b")
    with contextlib.suppress(RuntimeError), balance.busy("a"), balance.busy("a"), balance.busy("b"):
        assert (balance.requests("a"), balance.requests("b")) == (2, 1)
        assert balance.load() == {"a": 2, "b": 1}
        raise RuntimeError
    assert balance.load() == {"a": 0, "b": 0}


def test_a_replica_that_has_left_keeps_its_requests_and_is_told_of_no_more() -> None:
    balance = serving("a", "b")
    with balance.busy("a"):
        balance.update(["b"])
        assert balance.load() == {"b": 0}
        balance.update(["a", "b"])
        assert balance.load() == {"a": 1, "b": 0}
    assert balance.replicas == ("a", "b")
