import os
from pathlib import Path

import pytest

from dragoman.downloads.whole_files import write_whole


def test_everybody_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_whole(tmp_path / "file", b"contents")
    finally:
        os.umask(before)
    assert (tmp_path / "file").read_bytes() == b"contents"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_what_is_there_is_replaced_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def full(source: str, target: Path) -> None:
        raise OSError

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError):  # noqa: PT011 - any
        write_whole(path, b"after")
    assert os.listdir(tmp_path) == ["file"]
    assert path.read_bytes() == b"before"
