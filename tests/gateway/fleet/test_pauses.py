from dragoman.gateway.fleet.pauses import Pauses


def test_they_grow_to_a_minute() -> None:
    pauses = Pauses()
    lengths = []
    for now in range(1000, 9000, 1000):
        pauses.failed(now)
        lengths.append(pauses.until - now)
    assert lengths == [1, 2, 4, 8, 16, 32, 60, 60]


def test_several_failures_at_once_are_one() -> None:
    pauses = Pauses()
    pauses.failed(1000)
    pauses.failed(1000.5)
    assert pauses.until == 1001


def test_a_success_begins_anew() -> None:
    pauses = Pauses()
    for now in (1000, 2000, 3000):
        pauses.failed(now)
    pauses.over()
    assert pauses.until == 0
    pauses.failed(4000)
    assert pauses.until == 4001
