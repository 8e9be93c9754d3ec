from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dragoman.diagnosis.gpus import (
    Graphics,
    build,
    capability,
    devices,
    driver,
    idle,
    memory,
    visible,
    weights,
)
from dragoman.diagnosis.units import GIB, MIB
from dragoman.gpus import Gpu
from tests.diagnosis.subjects import judged, subject

H100 = Gpu("0", "GPU-1f2e", "NVIDIA H100", 80 * GIB, 500 * MIB, 79 * GIB, 9.0)
NONE = Graphics(None, 0, None, False, 0, None, True, None)
ONE = Graphics("580.65.06", 1, (H100,), True, 1, "13.0", True, 16 * GIB)
but = partial(replace, ONE)


@pytest.mark.parametrize(
    ("found", "gpus", "severity", "cure"),
    [
        (NONE, "0", "fine", ""),
        (ONE, "1", "fine", ""),
        (but(cuda=None), "1", "problem", ""),
        (but(cuda=None, checkout=Path("/src")), "1", "problem", "cd /src && make clean && scripts/install gpu"),
        (but(cuda=None), "0", "fine", ""),
        (replace(NONE, cuda="13.0"), "0", "problem", ""),
        (
            replace(NONE, cuda="13.0", checkout=Path("/src")),
            "0",
            "problem",
            "cd /src && make clean && scripts/install cpu",
        ),
        (replace(NONE, build=False), "0", "fine", ""),
    ],
)
def test_build(found: Graphics, gpus: str, severity: str, cure: str) -> None:
    verdict = judged(build, found, subject("--gpus", gpus))
    assert (verdict.severity, verdict.cure) == (severity, cure)


@pytest.mark.parametrize(
    ("version", "cuda", "severity"),
    [
        ("580.65.06", "13.0", "fine"),
        ("590.10", "13.0", "fine"),
        ("575.51.03", "13.0", "problem"),
        ("550.54.14", "12.8", "advice"),
        ("570.26", "12.8", "fine"),
        ("515.105.01", "12.8", "problem"),
        (None, "13.0", "advice"),
        ("580.65.06", "99.0", "advice"),
        (None, None, "fine"),
    ],
)
def test_driver(version: str | None, cuda: str | None, severity: str) -> None:
    assert judged(driver, but(driver=version, cuda=cuda)).severity == severity


def test_a_compatibility_package_takes_an_old_driver_along() -> None:
    worker = subject(VLLM_ENABLE_CUDA_COMPATIBILITY="1")
    assert judged(driver, but(driver="575.51.03"), worker).severity == "advice"


@pytest.mark.parametrize(
    ("found", "severity", "cure"),
    [
        (NONE, "fine", ""),
        (ONE, "fine", ""),
        (but(nodes=0, listed=None), "problem", "docker run --gpus all"),
        (but(listed=None), "advice", "nvidia-smi"),
        (but(listed=None, has_tool=False), "advice", "docker run --gpus all"),
        (replace(NONE, has_tool=True), "advice", "nvidia-smi"),
    ],
)
def test_devices(found: Graphics, severity: str, cure: str) -> None:
    verdict = judged(devices, found, subject("--gpus", "1"))
    assert verdict.severity == severity
    assert cure in verdict.cure


@pytest.mark.parametrize(
    ("chosen", "counted", "severity"),
    [
        ("0", 1, "fine"),
        ("GPU-1f", 1, "fine"),
        ("7", 1, "problem"),
        ("0,GPU-9", 2, "problem"),
        ("", 0, "advice"),
        ("-1", 0, "advice"),
    ],
)
def test_visible(chosen: str, counted: int, severity: str) -> None:
    found = judged(visible, but(counted=counted), subject(CUDA_VISIBLE_DEVICES=chosen))
    assert (found.severity, found.cure) == (severity, "" if severity == "fine" else "unset CUDA_VISIBLE_DEVICES")


def test_nothing_hides_a_gpu() -> None:
    assert judged(visible, ONE).severity == "fine"


@pytest.mark.parametrize(
    ("counted", "arguments", "severity", "cure"),
    [
        (1, [], "fine", ""),
        (4, ["-tp", "4"], "fine", ""),
        (6, [], "advice", "--tensor-parallel-size 4"),
        (2, ["-tp", "2", "-dp", "2"], "problem", "--tensor-parallel-size 2"),
    ],
)
def test_idle(counted: int, arguments: list[str], severity: str, cure: str) -> None:
    found = judged(idle, but(counted=counted), subject("--gpus", str(counted), *arguments))
    assert found.severity == severity
    assert cure in found.cure


@pytest.mark.parametrize(
    ("used", "arguments", "severity"),
    [
        (500 * MIB, [], "fine"),
        (5 * GIB, [], "advice"),
        (20 * GIB, [], "problem"),
        (20 * GIB, ["--gpu-memory-utilization", "0.5"], "advice"),
    ],
)
def test_memory(used: int, arguments: list[str], severity: str) -> None:
    found = judged(memory, but(listed=(replace(H100, used=used),)), subject("--gpus", "1", *arguments))
    assert found.severity == severity


def test_memory_says_what_would_fit() -> None:
    found = judged(memory, but(listed=(replace(H100, used=20 * GIB),)), subject("--gpus", "1"))
    assert "--gpu-memory-utilization 0.75 would fit" in found.why


def test_gpus_that_are_hidden_may_be_full() -> None:
    full = replace(H100, index="1", uuid="GPU-9", used=80 * GIB)
    worker = subject("--gpus", "1", CUDA_VISIBLE_DEVICES="0")
    assert judged(memory, but(listed=(H100, full)), worker).severity == "fine"


@pytest.mark.parametrize(("size", "severity"), [(16 * GIB, "fine"), (200 * GIB, "problem"), (None, "fine")])
def test_weights(size: int | None, severity: str) -> None:
    assert judged(weights, but(weights=size), subject("--gpus", "1")).severity == severity


@pytest.mark.parametrize(
    ("level", "cuda", "severity"),
    [(9.0, "13.0", "fine"), (7.0, "13.0", "problem"), (7.0, "12.8", "fine"), (None, "13.0", "fine")],
)
def test_capability(level: float | None, cuda: str, severity: str) -> None:
    assert judged(capability, but(listed=(replace(H100, capability=level),), cuda=cuda)).severity == severity
