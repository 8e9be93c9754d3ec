import pytest

from dragoman.process.restarts import STEADY, RestartPolicy


@pytest.mark.parametrize(
    ("served", "delays"),
    [
        ([0, 0, 0, 0], [0.0, 1.0, 2.0, None]),
        ([STEADY, STEADY, STEADY, STEADY], [0.0, 0.0, 0.0, 0.0]),
        ([0, 0, STEADY, 0], [0.0, 1.0, 0.0, 1.0]),
        ([STEADY / 2, STEADY / 2], [0.0, 1.0]),
        ([0, 0, 0, STEADY], [0.0, 1.0, 2.0, 0.0]),
    ],
)
def test_pauses_grow_until_a_run_was_steady(served: list[float], delays: list[float | None]) -> None:
    policy = RestartPolicy((0.0, 1.0, 2.0))
    assert [policy.delay(seconds) for seconds in served] == delays


def test_each_policy_counts_for_itself() -> None:
    first, second = RestartPolicy((0.0,)), RestartPolicy((0.0,))
    assert [first.delay(0), first.delay(0), second.delay(0)] == [0.0, None, 0.0]
