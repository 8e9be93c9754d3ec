import tempfile
from pathlib import Path

import pytest

from tests.platforms.lmi.engines import VllmLike


@pytest.fixture(autouse=True)
def _a_workers_own_temporary_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def engine(anyio_backend: str) -> VllmLike:
    return VllmLike()
