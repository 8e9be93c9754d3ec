import pytest

from dragoman.platforms.lmi.configuration.scaling_factors import factors
from tests.platforms.lmi.configuration.resolving import on_lmi


@pytest.mark.parametrize("raw", ["3", "3.0", "(3.0,)", "[3.0]", 3, 3.0, [3.0]])
def test_one_factor(raw: object) -> None:
    assert factors(raw) == (3.0,)


@pytest.mark.parametrize("raw", ["3.0,4.0", "(3.0, 4)", "[3, 4]", [3, 4.0]])
def test_two_factors(raw: object) -> None:
    assert factors(raw) == (3.0, 4.0)


@pytest.mark.parametrize(("text", "value"), [("3", [3.0]), ("3.0,4", [3.0, 4.0]), ("(3,)", [3.0])])
def test_they_are_shown_as_numbers(text: str, value: list[float]) -> None:
    assert on_lmi({"OPTION_LONG_LORA_SCALING_FACTORS": text}).value("long_lora_scaling_factors") == value


@pytest.mark.parametrize("raw", ["a,b", "a", "3 4", "{3: 4}", "true", "True", ["3"], "((3.0,),)", "(" * 1000])
def test_what_is_no_factor(raw: object) -> None:
    assert factors(raw) is None
