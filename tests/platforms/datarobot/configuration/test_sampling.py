import pytest

from tests.platforms.datarobot.resolving import MODEL, on_datarobot, parameter


@pytest.mark.parametrize(
    ("n", "temperature", "refused"), [(3, 0, True), (3, 0.0, True), (1, 0, False), (3, 0.7, False), (3, None, False)]
)
def test_several_answers_without_chance(n: int, temperature: float | None, refused: bool) -> None:
    variables = {**parameter("n", "numeric", n), **parameter("temperature", "numeric", temperature)}
    errors = on_datarobot({**MODEL, **variables}).errors
    assert [error.split("): ")[-1] for error in errors] == [
        "all 3 answers would be the same: set temperature above 0, or n to 1"
    ] * refused
