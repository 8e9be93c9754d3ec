from typing import Any

import pytest

from dragoman.platforms.lmi.generation.search import Search


@pytest.mark.parametrize(
    ("given", "returned", "fields"),
    [
        ({}, 1, {}),
        ({"n": 1, "best_of": 1, "num_beams": 1}, 1, {}),
        ({"n": 3}, 3, {"n": 3}),
        ({"best_of": 3}, 3, {"n": 3, "best_of": 3}),
        ({"best_of": 3, "n": 2}, 2, {"n": 2, "best_of": 3}),
        ({"best_of": 3, "n": 1}, 1, {"best_of": 3}),
        ({"num_beams": 3}, 3, {"n": 3, "best_of": 3, "use_beam_search": True}),
        ({"num_beams": 3, "best_of": 5}, 3, {"n": 3, "best_of": 3, "use_beam_search": True}),
        ({"num_beams": 3, "n": 1}, 1, {"best_of": 3, "use_beam_search": True}),
        ({"use_beam_search": True, "n": 2}, 2, {"n": 2, "best_of": 2, "use_beam_search": True}),
        ({"use_beam_search": True, "best_of": 2}, 2, {"n": 2, "best_of": 2, "use_beam_search": True}),
        ({"use_beam_search": False, "best_of": 2}, 2, {"n": 2, "best_of": 2}),
        ({"best_of": 2, "n": 3}, 3, {"n": 3, "best_of": 2}),
    ],
)
def test_all_that_are_compared_come_back_unless_n_says_how_many(
    given: dict[str, Any], returned: int, fields: dict[str, Any]
) -> None:
    search = Search.of(given)

    assert (search.returned, search.fields(search.returned)) == (returned, fields)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"n": 3}, {}),
        ({"best_of": 3}, {"best_of": 3}),
        ({"best_of": 3, "n": 2}, {"best_of": 3}),
        ({"num_beams": 3}, {"best_of": 3, "use_beam_search": True}),
        ({"use_beam_search": True, "n": 3}, {"best_of": 3, "use_beam_search": True}),
    ],
)
def test_where_one_is_told_it_is_the_best_of_all(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert Search.of(given).fields(1) == fields


@pytest.mark.parametrize(
    ("given", "samples"),
    [({}, False), ({"n": 2}, True), ({"best_of": 2}, True), ({"best_of": 2, "n": 1}, True), ({"num_beams": 2}, False)],
)
def test_several_sequences_are_sampled_unless_they_are_beams(given: dict[str, Any], samples: bool) -> None:
    assert Search.of(given).samples is samples
