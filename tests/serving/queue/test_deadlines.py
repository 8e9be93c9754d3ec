import pytest

from dragoman.serving.queue.deadlines import patience, soonest


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"600", 600), (b"2.5", 2.5), (b"0", None), (b"-1", None), (b"nan", None), (b"inf", None), (b"soon", None)],
)
def test_what_a_client_says_of_its_patience(value: bytes, seconds: float | None) -> None:
    assert patience({"type": "http", "headers": [(b"x-stainless-read-timeout", value)]}) == seconds


def test_a_client_may_say_nothing() -> None:
    assert patience({"type": "http", "headers": []}) is None


@pytest.mark.parametrize(("times", "shortest"), [((None, 2, 1), 1), ((None, None), None), ((), None)])
def test_the_soonest(times: tuple[float | None, ...], shortest: float | None) -> None:
    assert soonest(*times) == shortest
