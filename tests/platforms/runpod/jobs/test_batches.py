from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.platforms.runpod.jobs.batches import Batches, Sizes

DOCUMENTED = Sizes(1, 50, 3)
SIZES = st.builds(
    Sizes, st.sampled_from([0, 1, 2, 5, 60]), st.sampled_from([1, 7, 50]), st.sampled_from([0, 1, 1.5, 3])
)
TOKENS = st.lists(st.integers(0, 5), max_size=60)


def successive(sizes: Sizes, count: int) -> list[float]:
    return list(accumulate(range(count - 1), lambda size, _: sizes.after(size), initial=sizes.first))


def taken(batches: Batches[int], now: float) -> list[list[int]]:
    got = []
    while batches.due(now):
        got.append(batches.take())
    return got


@pytest.mark.parametrize(
    ("sizes", "first_five"),
    [
        (DOCUMENTED, [1, 3, 9, 27, 50]),
        (Sizes(5, 20, 2), [5, 10, 20, 20, 20]),
        (Sizes(1, 50, 1.5), [1, 1.5, 2.25, 3.375, 5.0625]),
        (Sizes(1, 50, 1), [50, 50, 50, 50, 50]),
        (Sizes(50, 50, 3), [50, 50, 50, 50, 50]),
        (Sizes(0, 50, 3), [50, 50, 50, 50, 50]),
        (Sizes(30, 30, 1), [30, 30, 30, 30, 30]),
    ],
)
def test_sizes_grow_to_the_maximum_where_they_can(sizes: Sizes, first_five: list[float]) -> None:
    assert successive(sizes, 5) == first_five


def test_without_a_delay_a_hundred_tokens_make_six_batches() -> None:
    batches: Batches[int] = Batches(DOCUMENTED, 0)
    for token in range(100):
        batches.add(token, 1, now=0)
    batches.close()
    assert [len(batch) for batch in taken(batches, now=0)] == [1, 3, 9, 27, 50, 10]


def test_without_a_delay_time_changes_nothing() -> None:
    batches: Batches[int] = Batches(Sizes(5, 5, 1), 0)
    batches.add(0, 4, now=0)
    assert (batches.due(1e9), batches.deadline) == (False, None)


def test_a_part_of_several_tokens_is_not_cut() -> None:
    batches: Batches[str] = Batches(Sizes(3, 3, 1), 0)
    for part, tokens in [("a", 2), ("b", 5), ("c", 3)]:
        batches.add(part, tokens, now=0)
    assert [batches.take(), batches.take()] == [["a", "b"], ["c"]]


def test_with_a_delay_a_part_waits_so_long_and_no_longer() -> None:
    batches: Batches[str] = Batches(Sizes(5, 5, 1), 0.1)
    batches.add("old", 1, now=10)
    batches.add("new", 1, now=10.09)
    assert batches.deadline == 10.1
    assert (batches.due(10.09), batches.due(10.1)) == (False, True)
    assert batches.take() == ["old", "new"]
    assert batches.deadline is None


def test_with_a_delay_all_that_waits_goes_at_once_however_much() -> None:
    batches: Batches[int] = Batches(DOCUMENTED, 0.1)
    for token in range(200):
        batches.add(token, 1, now=0)
    assert len(batches.take()) == 200
    batches.add(200, 2, now=1)
    assert not batches.due(1)
    batches.add(201, 1, now=1)
    assert batches.due(1)


def test_after_the_end_everything_is_due_and_nothing_before_it_came() -> None:
    batches: Batches[str] = Batches(Sizes(50, 50, 1), 0)
    batches.close()
    assert not batches.due(0)
    batches.add("late", 0, now=0)
    assert batches.due(0)


def test_what_is_cleared_is_gone() -> None:
    batches: Batches[str] = Batches(DOCUMENTED, 0.1)
    batches.add("a", 1, now=0)
    batches.clear()
    assert (bool(batches), batches.due(9), batches.deadline) == (False, False, None)


@given(SIZES, TOKENS, st.booleans())
def test_without_a_delay_sizes_follow_the_rule_whenever_batches_are_taken(
    sizes: Sizes, tokens: list[int], eager: bool
) -> None:
    batches: Batches[int] = Batches(sizes, 0)
    got = []
    for part, count in enumerate(tokens):
        batches.add(part, count, now=part)
        got += taken(batches, now=part) if eager else []
    batches.close()
    got += taken(batches, now=0)
    assert [part for batch in got for part in batch] == list(range(len(tokens)))
    for batch, size in zip(got[:-1], successive(sizes, len(got) + 1), strict=False):
        counts = [tokens[part] for part in batch]
        assert sum(counts) >= size > sum(counts[:-1])


@given(SIZES, st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1), st.booleans()), max_size=60))
def test_with_a_delay_nothing_is_lost_or_late(sizes: Sizes, arrivals: list[tuple[int, float, bool]]) -> None:
    batches: Batches[int] = Batches(sizes, 0.5)
    now, got, waiting = 0.0, [], []
    for part, (tokens, pause, looks) in enumerate(arrivals):
        now += pause
        batches.add(part, tokens, now)
        waiting.append(now)
        assert batches.due(now) or now < waiting[0] + 0.5
        if looks and batches.due(now):
            got += batches.take()
            waiting = []
    batches.close()
    got += [part for batch in taken(batches, now) for part in batch]
    assert got == list(range(len(arrivals)))
