from pathlib import Path

import pytest

from dragoman.models import MINI
from tests.platforms.lmi.configuration.resolving import on_lmi


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model directory with nothing special in it."""
    (tmp_path / "config.json").write_bytes((MINI / "config.json").read_bytes())
    return tmp_path


def test_nothing_to_say(model: Path) -> None:
    assert on_lmi({}, "--model-dir", str(model)).warnings == ()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("requirements.txt", "the worker installs nothing when it starts; build an image"),
        ("requirements/some.whl", "the worker installs nothing when it starts; build an image"),
        ("model.py", "the worker runs no code of the model's"),
        ("adapters/a/model.py", "the worker runs no code of the model's"),
    ],
)
def test_what_is_ignored(model: Path, name: str, says: str) -> None:
    path = model / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    (warning,) = on_lmi({}, "--model-dir", str(model)).warnings
    assert warning.startswith(str(model / name.removesuffix("/some.whl")))
    assert says in warning


def test_a_model_that_an_option_names(model: Path) -> None:
    (model / "model.py").touch()
    (warning,) = on_lmi({"OPTION_MODEL_ID": str(model)}).warnings
    assert warning.startswith(f"{model / 'model.py'} is ignored")
