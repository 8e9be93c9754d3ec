from pathlib import Path

import pytest

from dragoman.models import MINI
from dragoman.platforms.lmi.configuration.model_store import holds_model, models_in
from tests.platforms.lmi.configuration.stores import configured, model


@pytest.mark.parametrize("name", ["config.json", "params.json", "model.gguf"])
def test_weights(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert holds_model(tmp_path)


def test_the_bundled_model() -> None:
    assert holds_model(MINI)


@pytest.mark.parametrize(
    ("properties", "holds"), [("", False), ("option.dtype=fp16", False), ("option.model_id=org/m", True)]
)
def test_a_file_that_names_a_model(tmp_path: Path, properties: str, holds: bool) -> None:
    assert holds_model(configured(tmp_path, properties)) is holds


def test_a_store_that_is_a_model(tmp_path: Path) -> None:
    model(tmp_path / "sub")
    assert models_in(model(tmp_path)) == [tmp_path]


def test_any_file_makes_the_store_a_model(tmp_path: Path) -> None:
    model(tmp_path / "sub")
    (tmp_path / "README.md").touch()
    assert models_in(tmp_path) == [tmp_path]


def test_the_models_in_a_store(tmp_path: Path) -> None:
    models = [model(tmp_path / "a"), configured(tmp_path / "b", "option.model_id=org/m")]
    model(tmp_path / ".hidden")
    configured(tmp_path / "tuning", "option.dtype=fp16")
    (tmp_path / "empty").mkdir()
    (tmp_path / "c.tar.gz").touch()
    (tmp_path / ".dotfile").touch()
    assert models_in(tmp_path) == models


def test_a_directory_in_a_directory(tmp_path: Path) -> None:
    nested = model(tmp_path / "a" / "nested")
    assert models_in(tmp_path) == [nested]


def test_an_empty_store(tmp_path: Path) -> None:
    assert models_in(tmp_path) == []


def test_a_store_that_nobody_may_look_into(locked: Path) -> None:
    assert models_in(locked) == models_in(locked / "in") == []
    assert not holds_model(locked / "in")


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "\0"])
def test_names_that_nothing_can_have(tmp_path: Path, name: str) -> None:
    assert models_in(tmp_path / name) == []
    assert not holds_model(tmp_path / name)


def test_no_store(tmp_path: Path) -> None:
    assert models_in(tmp_path / "nowhere") == []
