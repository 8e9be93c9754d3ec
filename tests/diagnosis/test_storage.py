import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dragoman.diagnosis.storage import (
    Directory,
    Storage,
    executable,
    free_at,
    home,
    is_executable,
    look,
    name,
    space,
    writable,
)
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.units import GIB, MIB
from tests.diagnosis.subjects import judged, subject

VLLM = Directory("/c/vllm", "vLLM keeps there what it compiles", "VLLM_CACHE_ROOT", True, True, 50 * GIB)
HUB = Directory("/c/hub", "models are downloaded to it", "HF_HOME", True, True, 50 * GIB, is_hub=True)
HEALTHY = Storage((VLLM, HUB), "/home/me", True, 1000, True)


def caches(vllm: Directory = VLLM, hub: Directory = HUB) -> Storage:
    return replace(HEALTHY, caches=(vllm, hub))


@pytest.mark.parametrize(
    ("found", "severity", "cure"),
    [
        (HEALTHY, "fine", ""),
        (caches(vllm=replace(VLLM, writable=False)), "problem", "export VLLM_CACHE_ROOT=$(mktemp -d)"),
        (
            caches(vllm=replace(VLLM, writable=False, variable="--vllm-cache-root")),
            "problem",
            'dragoman serve --gpus 0 --vllm-cache-root "$(mktemp -d)"',
        ),
        (caches(hub=replace(HUB, writable=False)), "advice", "export HF_HOME=$(mktemp -d)"),
        (replace(caches(hub=replace(HUB, writable=False)), downloads=True), "problem", "export HF_HOME=$(mktemp -d)"),
    ],
)
def test_writable(found: Storage, severity: str, cure: str) -> None:
    verdict = judged(writable, found)
    assert (verdict.severity, verdict.cure) == (severity, cure)


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (HEALTHY, "fine"),
        (caches(vllm=replace(VLLM, executable=False)), "problem"),
        (caches(hub=replace(HUB, executable=False)), "fine"),
    ],
)
def test_executable(found: Storage, severity: str) -> None:
    assert judged(executable, found).severity == severity


@pytest.mark.parametrize(("free", "severity"), [(50 * GIB, "fine"), (100 * MIB, "advice")])
def test_space(free: int, severity: str) -> None:
    assert judged(space, caches(vllm=replace(VLLM, free=free))).severity == severity


@pytest.mark.parametrize(
    ("found", "severity", "cure"),
    [
        (HEALTHY, "fine", ""),
        (replace(HEALTHY, home=None, home_writable=False), "advice", "export HOME=$(mktemp -d)"),
        (replace(HEALTHY, home_writable=False), "advice", "export HOME=$(mktemp -d)"),
    ],
)
def test_home(found: Storage, severity: str, cure: str) -> None:
    verdict = judged(home, found)
    assert (verdict.severity, verdict.cure) == (severity, cure)


@pytest.mark.parametrize(
    ("named", "severity", "cure"), [(True, "fine", ""), (False, "advice", "export LOGNAME=worker")]
)
def test_name(named: bool, severity: str, cure: str) -> None:
    verdict = judged(name, replace(HEALTHY, named=named))
    assert (verdict.severity, verdict.cure) == (severity, cure)


def test_looking(tmp_path: Path) -> None:
    worker = subject(HOME=str(tmp_path), VLLM_CACHE_ROOT=str(tmp_path / "vllm"), TRITON_CACHE_DIR="/proc/triton")
    found = look(worker)
    assert [(each.variable, each.path) for each in found.caches] == [
        ("VLLM_CACHE_ROOT", str(tmp_path / "vllm")),
        ("TRITON_CACHE_DIR", "/proc/triton"),
        ("HF_HOME", str(tmp_path / ".cache/huggingface/hub")),
    ]
    assert (found.home, found.home_writable, found.uid) == (str(tmp_path), True, os.getuid())
    assert found.caches[0].free > 0


@pytest.mark.parametrize(
    ("worker", "named"),
    [
        (subject(), "HF_HOME"),
        (subject(XDG_CACHE_HOME="/x"), "HF_HOME"),
        (subject(HF_HUB_CACHE="/x", HF_HOME="/y"), "HF_HUB_CACHE"),
        (subject(HUGGINGFACE_HUB_CACHE="/x"), "HUGGINGFACE_HUB_CACHE"),
        (subject("--download-dir", "/x", HF_HUB_CACHE="/y"), "--download-dir"),
        (subject(DOWNLOAD_DIR="/x"), "--download-dir"),
    ],
)
def test_what_named_the_directory_for_models_names_another(worker: Subject, named: str) -> None:
    hub = look(worker).caches[-1]
    assert (hub.variable, hub.is_hub) == (named, True)


def test_a_flag_is_stronger_than_a_variable() -> None:
    assert look(subject("--vllm-cache-root", "/x")).caches[0].variable == "--vllm-cache-root"


def test_an_engine_elsewhere_keeps_nothing_here() -> None:
    assert look(subject("--engine-url", "http://localhost:1")).caches == ()


def test_where_a_directory_would_be_made(tmp_path: Path) -> None:
    assert free_at(tmp_path / "a" / "b") == free_at(tmp_path) > 0
    assert is_executable(tmp_path / "a")


def test_a_directory_without_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted = os.statvfs(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_flag=mounted.f_flag | os.ST_NOEXEC))
    assert not is_executable(tmp_path / "a")
