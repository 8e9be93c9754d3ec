import pytest

from dragoman.platforms.runpod.configuration.zeros import ZEROS, without_zeros
from tests.settings.resolutions import on_runpod


@pytest.mark.parametrize("variable", sorted(ZEROS))
@pytest.mark.parametrize("zero", ["0", "0.0", " 0 "])
def test_nothing_is_set(variable: str, zero: str) -> None:
    resolution = on_runpod({variable: zero})
    assert resolution.engine_args == ("--model", "org/m")
    assert resolution.warnings == (f"variable {variable}: 0 means that it is not set",)
    assert resolution.errors == ()


def test_other_numbers_stay() -> None:
    environment = {"MAX_MODEL_LEN": "10", "ROPE_THETA": "x", "SEED": "0"}
    assert without_zeros(environment) == environment


def test_a_flag_means_what_it_says() -> None:
    (error,) = on_runpod({}, "--max-model-len", "0").errors
    assert error.startswith("max_model_len 0 (command line) is no length")
