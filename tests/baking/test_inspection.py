from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman.baking.command import run
from tests.hub import COMMIT, NAME, Hub


@pytest.fixture
def options(tmp_path: Path) -> Mapping[str, Any]:
    return {"model": NAME, "base_path": str(tmp_path / "models")}


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_check_after_a_bake(
    hub: Hub, options: Mapping[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(options, {}, check=False)
    hub.asked.clear()
    capsys.readouterr()
    assert run(options, {}, check=True) == 0
    assert told(capsys) == [f"{tmp_path / 'models'}: all as it was baked, 3 files, 550.0 kB"]
    assert hub.asked == []


def test_a_check_finds_what_is_missing(
    hub: Hub, options: Mapping[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(options, {}, check=False)
    (path,) = (tmp_path / "models").rglob("tokenizer.json")
    path.unlink()
    capsys.readouterr()
    assert run(options, {}, check=True) == 1
    assert told(capsys) == [f"{path} is not there"]


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ({"model": "org/other"}, ["model org/other has not been baked"]),
        ({"revision": "v2"}, [f"model {NAME} has not been baked at revision v2"]),
        ({"lora_modules": ["a=org/a"]}, ["adapter a org/a has not been baked"]),
        ({"revision": COMMIT}, None),
    ],
)
def test_a_check_for_something_else(
    hub: Hub,
    options: Mapping[str, Any],
    capsys: pytest.CaptureFixture[str],
    asked: Mapping[str, Any],
    lines: list[str] | None,
) -> None:
    run(options, {}, check=False)
    capsys.readouterr()
    assert run({**options, **asked}, {}, check=True) == (1 if lines else 0)
    assert lines is None or told(capsys) == lines


def test_a_check_where_nothing_is(
    options: Mapping[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options, {}, check=True) == 1
    assert told(capsys) == [f"nothing has been baked into {tmp_path / 'models'}: there is no dragoman-bake.json"]


@pytest.mark.parametrize("text", ["{}", '{"models": [{"name": 1}]}'])
def test_a_check_of_a_broken_manifest(
    options: Mapping[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dragoman-bake.json").write_text(text)
    assert run(options, {}, check=True) == 1
    assert told(capsys) == [f"{tmp_path / 'models' / 'dragoman-bake.json'} cannot be read: it is not what bake writes"]
