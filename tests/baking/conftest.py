from pathlib import Path

import pytest

from dragoman.baking import tokens
from dragoman.platforms.runpod.configuration import baked
from tests.downloads.conftest import hub, model

__all__ = ["arguments", "hub", "model", "secret"]


@pytest.fixture(autouse=True)
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that an image has for its worker, elsewhere."""
    path = tmp_path / "local_model_args.json"
    monkeypatch.setattr(baked, "ARGUMENTS", path)
    return path


@pytest.fixture(autouse=True)
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a build has for a token, elsewhere."""
    path = tmp_path / "HF_TOKEN"
    monkeypatch.setattr(tokens, "SECRET", path)
    return path
