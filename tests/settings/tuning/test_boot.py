from pathlib import Path

import pytest

from dragoman.settings.footprint import SMALL
from tests.settings.tuning.machines import describe, setting
from tests.settings.tuning.models import write_model


@pytest.mark.parametrize(
    ("profile", "parameters", "eager"),
    [
        ("fast", SMALL, True),
        ("balanced", SMALL, None),
        ("Balanced", SMALL - 1, True),
        ("max", SMALL - 1, False),
    ],
)
def test_a_profile_decides_whether_a_cpu_compiles(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, parameters: int, eager: bool | None
) -> None:
    describe(monkeypatch)
    found = setting("enforce_eager", str(write_model(tmp_path, parameters)), "--boot-profile", profile)
    assert (found.value if found.is_set else None) is eager
    assert found.source.startswith("vLLM default" if eager is None else f"boot_profile {profile.lower()}: ")


def test_the_profile_is_balanced_where_nobody_chooses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    describe(monkeypatch)
    assert setting("enforce_eager", str(write_model(tmp_path))).source.startswith("boot_profile balanced: ")


@pytest.mark.parametrize("profile", ["fast", "balanced", "max"])
def test_a_cpu_without_a_compiler_runs_eagerly_and_says_why(monkeypatch: pytest.MonkeyPatch, profile: str) -> None:
    describe(monkeypatch, compiler=False)
    found = setting("enforce_eager", "org/name", "--boot-profile", profile)
    assert found.value is True
    assert "no C++ compiler" in found.source


@pytest.mark.parametrize(
    "arguments",
    [["--no-enforce-eager"], ["--compilation-config", '{"mode": 0}'], ["--optimization-level", "1"]],
    ids=lambda arguments: arguments[0],
)
def test_what_a_user_has_decided_stays(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    describe(monkeypatch, compiler=False)
    assert setting("enforce_eager", "org/name", "--boot-profile", "fast", *arguments).value is False


@pytest.mark.parametrize(
    ("profile", "level", "mode"),
    [("fast", "0", None), ("balanced", None, None), ("max", "3", "throughput")],
)
def test_a_profile_is_levels_of_vllms_on_a_gpu(profile: str, level: str | None, mode: str | None) -> None:
    found = setting("optimization_level", "org/name", "--boot-profile", profile, gpus=1)
    assert (found.value if found.is_set else None) == level
    found = setting("performance_mode", "org/name", "--boot-profile", profile, gpus=1)
    assert (found.value if found.is_set else None) == mode


@pytest.mark.parametrize(
    "arguments",
    [["--enforce-eager"], ["--cudagraph-capture-sizes", "1", "2"], ["--compilation-config", '{"mode": 3}']],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("profile", ["fast", "max"])
def test_a_gpu_does_what_a_user_has_decided(profile: str, arguments: list[str]) -> None:
    assert not setting("optimization_level", "org/name", "--boot-profile", profile, *arguments, gpus=1).is_set


def test_a_users_performance_mode_stays() -> None:
    arguments = ("org/name", "--boot-profile", "max", "--performance-mode", "interactivity")
    assert setting("performance_mode", *arguments, gpus=1).value == "interactivity"


def test_the_profile_has_a_variable() -> None:
    found = setting("optimization_level", "org/name", environment={"DRAGOMAN_BOOT_PROFILE": "fast"}, gpus=1)
    assert found.value == "0"
    assert found.source.startswith("boot_profile fast: ")
