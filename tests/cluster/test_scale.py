from collections.abc import Mapping

import pytest

from dragoman.cluster.scale import Scale

NOTHING = {"replicas": None, "min_replicas": None, "max_replicas": None, "target_ongoing_requests": 32.0}


def scale(settings: Mapping[str, float]) -> Scale | None:
    return Scale.of({**NOTHING, **settings}.__getitem__)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, None),
        ({"min_replicas": 2}, None),
        ({"replicas": 1}, Scale(1, 1, 32.0)),
        ({"replicas": 3}, Scale(3, 3, 32.0)),
        ({"max_replicas": 4}, Scale(1, 4, 32.0)),
        ({"min_replicas": 2, "max_replicas": 4, "target_ongoing_requests": 8.5}, Scale(2, 4, 8.5)),
    ],
)
def test_what_the_settings_say(settings: Mapping[str, float], found: Scale | None) -> None:
    assert scale(settings) == found


@pytest.mark.parametrize(
    ("found", "fixed", "told"),
    [
        (Scale(1, 1, 32.0), True, "1 replica"),
        (Scale(3, 3, 32.0), True, "3 replicas"),
        (Scale(1, 4, 32.0), False, "1 to 4 replicas"),
    ],
)
def test_what_it_is_called(found: Scale, fixed: bool, told: str) -> None:
    assert (found.is_fixed, str(found)) == (fixed, told)
