import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory into which nobody may look, not even root, who needs no permission."""
    directory = tmp_path / "locked"
    directory.mkdir()

    def guarded(call: Callable[..., object]) -> Callable[..., object]:
        def guard(path: object = ".", **more: object) -> object:
            inside = isinstance(path, str | Path) and directory in Path(path).parents
            if inside or (path in (directory, str(directory)) and call.__name__ == "listdir"):
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, **more)

        return guard

    for name in ("stat", "lstat", "listdir"):
        monkeypatch.setattr(os, name, guarded(getattr(os, name)))
    return directory
