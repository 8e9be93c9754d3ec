import pytest

from dragoman.settings.suggestions import closest, closest_flag


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("DTYEP", "DTYPE"),
        ("DTYPES", "DTYPE"),
        ("DTPYES", None),
        ("SEDE", None),
        ("QUANTISATIONS", "QUANTIZATION"),
        ("UNRELATED", None),
    ],
)
def test_closest(name: str, guess: str | None) -> None:
    assert closest(name, ["DTYPE", "SEED", "QUANTIZATION"]) == guess


@pytest.mark.parametrize(
    ("flag", "guess"),
    [("--max-model", "--max-model-len"), ("--max-len", "--max-lens"), ("--seeds", "--seed"), ("--entirely-else", None)],
)
def test_closest_flag(flag: str, guess: str | None) -> None:
    assert closest_flag(flag, ["--max-model-len", "--max-lens", "--seed"]) == guess
