from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.forms.files import Document, read, write

WHOLE = Document("a/b.txt", "new")
PART = Document("a/b.txt", "new", part="part")


def test_a_whole_file(tmp_path: Path) -> None:
    assert WHOLE.content(tmp_path) == "new"


def test_a_part_of_a_file(tmp_path: Path) -> None:
    write(tmp_path / "a/b.txt", "<!-- begin part -->\nold\n<!-- end part -->")
    assert PART.content(tmp_path) == "<!-- begin part -->\nnew\n<!-- end part -->"


def test_a_part_of_no_file(tmp_path: Path) -> None:
    assert PART.content(tmp_path) is None


def test_a_file_without_the_part(tmp_path: Path) -> None:
    write(tmp_path / "a/b.txt", "no markers")
    with pytest.raises(ConfigurationError, match=r"a/b\.txt: there is no <!-- begin part -->"):
        PART.content(tmp_path)


def test_read_what_was_written(tmp_path: Path) -> None:
    write(tmp_path / "a/b/c.txt", "é")
    assert read(tmp_path / "a/b/c.txt") == "é"
    assert read(tmp_path / "a/b/c.txt/d") is None


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"file/a\.txt cannot be written: (Not a directory|File exists)"):
        write(tmp_path / "file/a.txt", "")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(ConfigurationError, match="latin cannot be read: 'utf-8' codec"):
        read(tmp_path / "latin")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read(tmp_path)
