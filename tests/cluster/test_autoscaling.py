from types import SimpleNamespace

import pytest

from dragoman.cluster.autoscaling import ONGOING, by_ongoing_requests, desired


def asked_for(metrics: object, target: float = 10.0) -> float:
    """The policy's number for what Ray Serve shows to it."""
    config = SimpleNamespace(get_target_ongoing_requests=lambda: target)
    number, remembered = by_ongoing_requests(SimpleNamespace(aggregated_metrics=metrics, config=config))
    assert remembered == {}
    return number


@pytest.mark.parametrize(
    ("ongoing", "target", "replicas"),
    [(0, 10, 1.0), (9, 10, 1.0), (10, 10, 1.0), (11, 10, 1.1), (64, 32, 2.0), (3, 0.5, 6.0)],
)
def test_so_many_that_each_has_the_target(ongoing: float, target: float, replicas: float) -> None:
    assert desired(ongoing, target) == pytest.approx(replicas)


@pytest.mark.parametrize(
    ("metrics", "replicas"),
    [
        (None, 1.0),
        ({}, 1.0),
        ({"another": {"a": 90.0}}, 1.0),
        ({ONGOING: {}}, 1.0),
        ({ONGOING: {"a": 12.0, "b": 13.0}}, 2.5),
    ],
    ids=["nothing is known yet", "nobody has told", "something else", "no replica", "two replicas"],
)
def test_the_requests_of_all_replicas_count(metrics: object, replicas: float) -> None:
    assert asked_for(metrics) == replicas
