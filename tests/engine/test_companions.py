import importlib
import sys
from importlib import metadata

import pytest

from dragoman.engine.companions import COMPANIONS, hide_misfits


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Distributions and their versions, in place of what is installed."""
    versions: dict[str, str] = {}

    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr("dragoman.engine.companions.version", version)
    for name in COMPANIONS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return versions


def test_cuda_builds_beside_cpu_torch_are_hidden(installed: dict[str, str]) -> None:
    installed.update(torch="2.13.0+cpu", torchvision="0.28.0", torchaudio="2.11.0+cpu")

    assert hide_misfits() == ["torchvision"]
    with pytest.raises(ImportError):
        importlib.import_module("torchvision")


def test_nothing_is_hidden_beside_cuda_torch(installed: dict[str, str]) -> None:
    installed.update(torch="2.13.0", torchvision="0.28.0")

    assert hide_misfits() == []
