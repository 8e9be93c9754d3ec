from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.platforms import resolve
from dragoman.settings.resolution import ResolvedSetting


def enforce_eager(arguments: list[str], environment: Mapping[str, str]) -> ResolvedSetting:
    settings = resolve(["org/name", *arguments], environment).settings
    return next(setting for setting in settings if setting.name == "enforce_eager")


@pytest.fixture
def compiler(tmp_path: Path) -> Mapping[str, str]:
    """An environment with a C++ compiler."""
    (tmp_path / "g++").touch(mode=0o755)
    return {"PATH": str(tmp_path)}


NO_COMPILER = {"PATH": "/nowhere"}


def test_a_cpu_without_a_compiler_runs_eagerly_and_says_why() -> None:
    setting = enforce_eager(["--gpus", "0"], NO_COMPILER)

    assert setting.value is True
    assert "no C++ compiler" in setting.source


def test_a_compiler_is_used(compiler: Mapping[str, str]) -> None:
    assert enforce_eager(["--gpus", "0"], compiler).value is False


def test_cxx_names_another_compiler(compiler: Mapping[str, str]) -> None:
    assert enforce_eager(["--gpus", "0"], {**compiler, "CXX": "icpx"}).value is True


@pytest.mark.parametrize(
    "arguments",
    [["--gpus", "1"], ["--gpus", "0", "--no-enforce-eager"]],
    ids=["GPU", "asked for otherwise"],
)
def test_elsewhere_nothing_is_changed(arguments: list[str]) -> None:
    assert enforce_eager(arguments, NO_COMPILER).value is False
