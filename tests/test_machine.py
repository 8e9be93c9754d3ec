import subprocess
from pathlib import Path

import pytest

from dragoman import machine


@pytest.mark.parametrize(
    ("visible", "count"),
    [("", 0), ("-1", 0), ("0", 1), ("0,1", 2), ("0,-1,1", 1), ("GPU-1, GPU-2", 2), ("NoDevFiles", 0)],
)
def test_visible_devices(visible: str, count: int) -> None:
    assert machine.count_gpus({"CUDA_VISIBLE_DEVICES": visible}) == count


def test_the_drivers_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(machine, "NVIDIA_GPUS", tmp_path)
    assert machine.count_gpus({}) == 2


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("echo 'GPU 0: H100 (UUID: GPU-1)'; echo '  MIG 1g.10gb'; echo 'GPU 1: H100'", 2),
        ("echo no driver; exit 9", 0),
    ],
)
def test_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, count: int) -> None:
    command = tmp_path / "nvidia-smi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setattr(machine, "NVIDIA_GPUS", tmp_path / "nothing")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert machine.count_gpus({}) == count


def test_no_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NVIDIA_GPUS", tmp_path / "nothing")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.count_gpus({}) == 0


def test_a_driver_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", 10)

    monkeypatch.setattr("shutil.which", lambda _: "/bin/true")
    monkeypatch.setattr(subprocess, "run", hang)
    assert machine.count_listed() == 0
