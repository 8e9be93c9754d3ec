import os
import sys
from types import ModuleType, SimpleNamespace

import pytest

from dragoman.errors import EngineStartError
from dragoman.platforms.datarobot.hooks.cuda import COUNT_ONLY, untouched


@pytest.fixture(autouse=True)
def _variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COUNT_ONLY, "0")


def torch(*, initialized: bool) -> SimpleNamespace:
    return SimpleNamespace(cuda=SimpleNamespace(is_initialized=lambda: initialized))


def test_cuda_that_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", torch(initialized=True))
    with pytest.raises(EngineStartError, match=r"custom\.py has used CUDA") as raised, untouched():
        pass
    assert all(cure in str(raised.value) for cure in ('map_location="cpu"', "chat or score hook"))


@pytest.mark.parametrize("module", [None, torch(initialized=False), ModuleType("torch")])
def test_cuda_that_was_not(monkeypatch: pytest.MonkeyPatch, module: ModuleType | None) -> None:
    monkeypatch.setitem(sys.modules, "torch", module)
    with untouched():
        assert os.environ[COUNT_ONLY] == "1"


def test_what_goes_wrong_otherwise_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", torch(initialized=True))
    with pytest.raises(EngineStartError, match=r"^other$"), untouched():
        raise EngineStartError("other")


def test_it_is_what_torch_tells() -> None:
    cuda = pytest.importorskip("torch").cuda
    with untouched():
        assert not cuda.is_initialized()
