import os
from pathlib import Path

import pytest

from dragoman.settings.files import names_in, refusal


def deny(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_names(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).touch()
    assert names_in(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("name", ["nowhere", "x" * 300, "x" * 5000, "\0"])
def test_a_directory_that_cannot_be_there(tmp_path: Path, name: str) -> None:
    assert names_in(tmp_path / name) == []
    assert refusal(tmp_path / name) is None


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert names_in(tmp_path / "file") == []
    assert refusal(tmp_path / "file" / "in") is None


def test_a_loop(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path / "loop") == "cannot be read: Too many levels of symbolic links"


def test_a_directory_that_nobody_may_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listdir", deny)
    assert names_in(tmp_path) == []


def test_what_nobody_may_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "stat", deny)
    assert refusal(Path("/locked/in")) == "cannot be read: Permission denied"
