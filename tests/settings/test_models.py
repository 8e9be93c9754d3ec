from pathlib import Path

import pytest

from dragoman.settings import models


@pytest.mark.parametrize("name", ["org/name", "gpt2", "Qwen/Qwen3-0.6B", "s3://bucket/model", "gs://a/b/c"])
def test_names_that_may_be_models(name: str) -> None:
    assert models.problem(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/nowhere/model", "does not exist"),
        ("./model", "does not exist"),
        ("~/model", "does not exist"),
        ("a/b/c", "is neither a directory nor the name of a model on the hub"),
        ("a" * 5000 + "/b/c", "is neither a directory nor the name of a model on the hub"),
        ("/" + "a" * 5000, "does not exist"),
        ("my model", "is neither a directory nor the name of a model on the hub"),
    ],
)
def test_names_that_cannot_be_models(name: str, reason: str) -> None:
    assert reason in str(models.problem(name))


@pytest.mark.parametrize("name", ["config.json", "params.json", "model.gguf"])
def test_model_directories(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    assert models.problem(str(tmp_path)) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff", '{"a":' * 100_000])
def test_directories_with_a_broken_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    assert models.problem(str(tmp_path)) == "has a config.json that is not a JSON object"


@pytest.mark.parametrize("name", ["config.json", "params.json", "model.gguf"])
def test_what_may_be_a_model(tmp_path: Path, name: str) -> None:
    assert not models.has_model(tmp_path)
    (tmp_path / name).touch()
    assert models.has_model(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "x" * 5000, "\0"])
def test_what_is_nowhere_holds_no_model(tmp_path: Path, name: str) -> None:
    assert not models.has_model(tmp_path / name)


def test_a_directory_that_nobody_may_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.listdir", deny)
    assert models.problem(str(tmp_path)) == "cannot be read: Permission denied"
    assert not models.has_model(tmp_path)


def test_other_directories(tmp_path: Path) -> None:
    assert "has none of config.json, params.json or a .gguf file" in str(models.problem(str(tmp_path)))


@pytest.mark.parametrize(("name", "fine"), [("model.gguf", True), ("model.txt", False)])
def test_files(tmp_path: Path, name: str, fine: bool) -> None:
    (tmp_path / name).touch()
    assert (models.problem(str(tmp_path / name)) is None) == fine
