"""Whether a process grows."""

from collections.abc import Callable

import pytest

from hardening.footprint import Growth, Sample


def growth(memory: Callable[[int], float], descriptors: Callable[[int], int]) -> Growth:
    return Growth.of("server", [Sample(at, memory(at), descriptors(at)) for at in range(100)])


def test_what_is_gained_is_that_of_the_second_half() -> None:
    found = growth(lambda at: 100 + min(at, 50), lambda at: 20)
    assert found.gained == pytest.approx(0)
    assert found.memory == pytest.approx(150)
    assert found.is_flat


def test_a_leak_of_memory() -> None:
    found = growth(lambda at: 100 + at, lambda at: 20)
    assert found.gained == pytest.approx(49)
    assert not found.is_flat


def test_a_leak_of_descriptors() -> None:
    assert not growth(lambda at: 100, lambda at: 20 + at).is_flat


def test_ups_and_downs_are_no_leak() -> None:
    assert growth(lambda at: 100 + at % 7, lambda at: 20 + at % 3).is_flat
