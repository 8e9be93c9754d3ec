from typing import Any

import pytest

from dragoman.platforms.lmi.generation.sampling import DOCUMENTED, sampling_fields
from dragoman.platforms.lmi.options import Era


@pytest.mark.parametrize(
    ("given", "several", "temperature"),
    [
        ({}, False, 0.0),
        ({"do_sample": False}, False, 0.0),
        ({"do_sample": True}, False, 1.0),
        ({"temperature": 0.7}, False, 0.7),
        ({"temperature": 0.7, "do_sample": True}, False, 0.7),
        ({"temperature": 0.7, "do_sample": False}, False, 0.0),
        ({}, True, 1.0),
        ({"do_sample": False}, True, 0.0),
        ({"temperature": 0.2}, True, 0.2),
    ],
)
def test_the_documented_era_is_greedy_unless_it_is_asked(
    given: dict[str, Any], several: bool, temperature: float
) -> None:
    assert sampling_fields(given, Era.ROLLING, several) == {**DOCUMENTED, "temperature": temperature}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {}),
        ({"do_sample": True}, {}),
        ({"do_sample": False}, {"temperature": 0.0}),
        ({"temperature": 0.7}, {"temperature": 0.7}),
        ({"temperature": 0.7, "do_sample": False}, {"temperature": 0.0}),
    ],
)
def test_the_newest_era_leaves_the_rest_to_the_model(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert sampling_fields(given, Era.ASYNC, several=True) == fields


def test_what_is_given_stands_before_the_documented_defaults() -> None:
    given = {"top_p": 0.5, "top_k": 3, "min_p": 0.1, "repetition_penalty": 1.2}

    assert sampling_fields(given, Era.ROLLING, several=False) == {**given, "temperature": 0.0}
