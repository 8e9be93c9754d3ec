import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from dragoman import machine
from dragoman.cgroups import ContainerMemory


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


@pytest.mark.parametrize(
    ("physical", "granted", "threads"),
    [(8, None, 8), (8, 2.5, 2), (8, 0.5, 1), (2, 16.0, 2)],
    ids=["no limit", "a part", "less than one", "more than there are"],
)
def test_no_more_threads_than_can_compute_all_the_time(physical: int, granted: float | None, threads: int) -> None:
    assert machine.Cores(physical, granted).threads == threads


def test_two_threads_of_a_core_are_one_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1, 4, 5})
    for cpu, siblings in {0: "0,4", 1: "1,5", 4: "0,4", 5: "1,5"}.items():
        directory = tmp_path / f"cpu{cpu}" / "topology"
        directory.mkdir(parents=True)
        (directory / "thread_siblings_list").write_text(f"{siblings}\n")
    assert machine.cores(tmp_path).physical == 2


def test_each_processor_is_a_core_where_the_kernel_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1, 2})
    assert machine.cores(tmp_path).physical == 3


@pytest.mark.parametrize(
    ("container", "memory"),
    [
        (None, machine.Memory(1000, 600, limited=False)),
        (ContainerMemory(None, 300, None), machine.Memory(1000, 600, limited=False)),
        (ContainerMemory(500, 300, None), machine.Memory(500, 200, limited=True)),
        (ContainerMemory(900, 200, None), machine.Memory(1000, 600, limited=False)),
        (ContainerMemory(500, 501, None), machine.Memory(500, 0, limited=True)),
    ],
    ids=["no container", "no limit", "a limit", "a limit that the machine does not reach", "beyond it"],
)
def test_memory_is_that_of_the_machine_or_of_the_container(
    container: ContainerMemory | None, memory: machine.Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=1000, available=600))
    monkeypatch.setattr(machine, "container_memory", lambda: container)
    assert machine.memory() == memory


@pytest.mark.parametrize(
    ("share", "available"),
    [(1.0, 600), (0.5, 500), (0.25, 250)],
    ids=["all that is left", "half of all", "a quarter of all"],
)
def test_a_share_is_of_all_memory_and_no_more_than_is_left(share: float, available: int) -> None:
    memory = machine.Memory(1000, 600, limited=True)
    assert memory.shared(share) == machine.Memory(1000, available, limited=True)
