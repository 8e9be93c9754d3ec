from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.machine import Cores
from dragoman.platforms import resolve
from dragoman.settings.footprint import SMALL
from tests.settings.tuning.machines import describe, setting
from tests.settings.tuning.models import write_model


@pytest.mark.parametrize(
    ("cores", "threads", "reason"),
    [
        (Cores(8, None), 8, "cores that the worker may use: 8"),
        (Cores(8, 16.0), 8, "cores that the worker may use: 8"),
        (Cores(8, 2.5), 2, "the container may use 2.5 of 8 cores"),
    ],
    ids=["a machine", "a generous container", "a container"],
)
def test_a_large_model_gets_the_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cores: Cores, threads: int, reason: str
) -> None:
    describe(monkeypatch, cores)
    model = write_model(tmp_path, parameters=SMALL)
    found = setting("omp_num_threads", str(model))
    assert (found.value, found.source) == (threads, f"worker default: {reason}")


@pytest.mark.parametrize(
    ("cores", "share", "threads", "reason"),
    [
        (Cores(8, None), "0.5", 4, "0.5 of 8 cores"),
        (Cores(8, None), "0.3", 2, "0.3 of 8 cores"),
        (Cores(8, 4.0), "0.5", 2, "0.5 of 4 cores"),
        (Cores(2, None), "0.1", 1, "0.1 of 2 cores"),
    ],
    ids=["half of a machine", "no more than the share", "half of a container", "one at least"],
)
def test_a_worker_among_others_gets_its_share_of_the_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cores: Cores, share: str, threads: int, reason: str
) -> None:
    describe(monkeypatch, cores)
    found = setting("omp_num_threads", str(write_model(tmp_path, parameters=SMALL)), "--machine-share", share)
    assert (found.value, found.source) == (threads, f"worker default: {reason} (machine_share)")


def test_a_small_model_gets_one_thread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    describe(monkeypatch)
    found = setting("omp_num_threads", str(write_model(tmp_path, parameters=3_000_000)))
    assert found.value == 1
    assert "3.0 million parameters" in found.source


def test_a_model_that_is_not_at_hand_gets_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    describe(monkeypatch)
    assert setting("omp_num_threads", "org/name").value == 8


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--tensor-parallel-size", "2"], {}),
        (["--distributed-executor-backend", "mp"], {}),
        ([], {"VLLM_CPU_OMP_THREADS_BIND": "0-3"}),
        (["--engine-url", "http://host:8000"], {}),
    ],
    ids=["several workers", "vLLM's executor", "vLLM's binding", "an engine elsewhere"],
)
def test_who_else_decides(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: Mapping[str, str]
) -> None:
    describe(monkeypatch)
    model = [] if "--engine-url" in arguments else ["org/name"]
    assert not setting("omp_num_threads", *model, *arguments, environment=environment).is_set


def test_a_gpu_worker_has_vllms_own_number() -> None:
    assert not setting("omp_num_threads", "org/name", gpus=1).is_set


@pytest.mark.parametrize(
    ("arguments", "environment", "threads"),
    [([], {}, "8"), ([], {"OMP_NUM_THREADS": "4"}, "4"), (["--omp-num-threads", "3"], {"OMP_NUM_THREADS": "4"}, "3")],
)
def test_the_processes_are_told(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: Mapping[str, str], threads: str
) -> None:
    describe(monkeypatch)
    assert resolve(["org/name", "--gpus", "0", *arguments], environment).environment["OMP_NUM_THREADS"] == threads
