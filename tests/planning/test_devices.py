from pathlib import Path

import pytest

from dragoman import machine
from dragoman.errors import ConfigurationError
from dragoman.machine import Memory
from dragoman.planning import devices
from dragoman.planning.devices import cpu, gpus_here, larger_kinds, of_kind, of_size
from dragoman.settings.tuning import memory_node

GIB, MIB = 2**30, 2**20


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("H100", "H100"),
        ("h100", "H100"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("A100", "A100-80G"),
        ("A100-40GB", "A100-40G"),
        ("NVIDIA A100-SXM4-80GB", "A100-80G"),
        ("NVIDIA GeForce RTX 4090", "RTX4090"),
        ("rtx4090", "RTX4090"),
        ("Tesla T4", "T4"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX6000-ADA"),
        ("NVIDIA RTX A6000", "A6000"),
        ("RTXPRO6000", "RTXPRO6000"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTXPRO6000"),
        ("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "RTXPRO6000"),
        ("NVIDIA GH200 480GB", "GH200"),
        ("NVIDIA H100 NVL", "H100-NVL"),
        ("NVIDIA H200 NVL", "H200"),
        ("Tesla V100-SXM2-32GB", "V100-32G"),
    ],
)
def test_a_kind_by_whatever_it_is_called(name: str, kind: str) -> None:
    assert of_kind(name, 2).name == kind
    assert of_kind(name, 2).count == 2


def test_a_kind_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match=r"choose one of T4, .*--gpu-memory 80G takes any size"):
        of_kind("X1", 1)


@pytest.mark.parametrize(
    ("size", "memory"),
    [("80G", 80 * GIB), ("79.2GiB", int(79.2 * GIB)), ("48gb", 48 * GIB), ("81920MiB", 80 * GIB), ("1T", 1024 * GIB)],
)
def test_a_size(size: str, memory: int) -> None:
    assert of_size(size, 1).memory == memory


@pytest.mark.parametrize("size", ["80", "0G", "G", "80K", "lots", "-1G", "nan G"])
def test_what_is_no_size(size: str) -> None:
    with pytest.raises(ConfigurationError, match="such as 80G"):
        of_size(size, 1)


def test_larger_kinds_come_in_the_order_of_their_memory() -> None:
    found = list(larger_kinds(of_kind("L40S", 2)))
    assert found[0].memory > of_kind("L40S", 2).memory
    assert [each.memory for each in found] == sorted(each.memory for each in found)
    assert {each.count for each in found} == {2}


SMI = """\
#!/bin/sh
echo "0, GPU-a, NVIDIA H100 80GB HBM3, 81559, 4, 80000, 9.0"
echo "1, GPU-b, NVIDIA L4, 23034, 4, 22000, 8.9"
"""


@pytest.mark.parametrize(
    ("visible", "name"),
    [(None, "NVIDIA L4"), ("0", "NVIDIA H100 80GB HBM3"), ("GPU-b", "NVIDIA L4"), ("1,0", "NVIDIA L4")],
)
def test_the_smallest_gpu_here_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visible: str | None, name: str
) -> None:
    (tmp_path / "nvidia-smi").write_text(SMI)
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = gpus_here({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}, 1)
    assert found.name == name
    assert found.free < found.memory


def test_gpus_of_which_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="--gpu-kind"):
        gpus_here({}, 1)


def test_a_cpu_has_the_machines_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags\t\t: fpu avx512_bf16 amx_tile\n\nprocessor : 1\n")
    monkeypatch.setattr(devices, "_PROCESSORS", tmp_path / "cpuinfo")
    monkeypatch.setattr(machine, "memory", lambda: Memory(8 * GIB, 6 * GIB, limited=True))
    monkeypatch.setattr(memory_node, "beside_first_core", lambda memory: memory)
    found = cpu()
    assert (found.memory, found.free, found.is_gpu, found.is_limited) == (8 * GIB, 6 * GIB, False, True)
    assert "amx_tile" in found.flags
