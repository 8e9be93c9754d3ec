from collections.abc import Mapping

import pytest

from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution, ResolvedSetting

IN_PROCESS, METHOD = "in_process_executor", "worker_multiproc_method"
CPU, GPU = ["--gpus", "0"], ["--gpus", "8"]


def resolved(arguments: list[str], environment: Mapping[str, str] | None = None) -> Resolution:
    return resolve(["org/name", *arguments], environment or {})


def setting(resolution: Resolution, name: str) -> ResolvedSetting:
    return next(setting for setting in resolution.settings if setting.name == name)


@pytest.mark.parametrize(
    ("arguments", "in_process", "method", "reason"),
    [
        (CPU, True, "fork", "EngineCore is forked from a process that has imported vLLM"),
        ([*CPU, "-dp", "2"], True, "fork", "EngineCore is forked"),
        ([*CPU, "--distributed-executor-backend", "uni"], True, "fork", "EngineCore is forked"),
        ([*CPU, "-tp", "2"], False, "spawn", "vLLM binds each CPU worker to its cores"),
        ([*CPU, "-pp", "2"], False, "spawn", "vLLM binds each CPU worker to its cores"),
        ([*CPU, "--distributed-executor-backend", "mp"], False, "spawn", "vLLM binds each CPU worker to its cores"),
        ([*CPU, "--no-in-process-executor"], False, "spawn", "vLLM binds each CPU worker to its cores"),
        (GPU, False, "fork", "EngineCore is forked"),
        ([*GPU, "-tp", "8"], False, "fork", "EngineCore is forked"),
        ([*GPU, "--numa-bind"], False, "spawn", "numa_bind starts processes through numactl"),
        ([*CPU, "--distributed-executor-backend", "ray", "-tp", "4"], False, "fork", "EngineCore is forked"),
        ([*CPU, "--mm-tensor-ipc", "torch_shm"], True, "spawn", "torch_shm fails in forked processes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_how_processes_are_started_unless_somebody_says_otherwise(
    arguments: list[str], in_process: bool, method: str, reason: str
) -> None:
    resolution = resolved(arguments)
    assert (resolution.value(IN_PROCESS), resolution.value(METHOD)) == (in_process, method)
    assert reason in setting(resolution, METHOD).source
    assert resolution.environment["VLLM_WORKER_MULTIPROC_METHOD"] == method


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (CPU, "one CPU worker computes in EngineCore's own process"),
        ([*CPU, "-tp", "2"], "each of several CPU workers has a process of its own"),
        ([*CPU, "--distributed-executor-backend", "mp"], "distributed_executor_backend has been chosen"),
        (GPU, "on GPUs vLLM chooses the executor"),
        ([*CPU, "--distributed-executor-backend", "ray"], "Ray starts the processes that compute"),
        ([*GPU, "--data-parallel-backend", "ray"], "Ray starts the processes that compute"),
    ],
)
def test_where_the_computing_is_done_has_a_reason(arguments: list[str], reason: str) -> None:
    assert reason in setting(resolved(arguments), IN_PROCESS).source


def test_vllms_command_line_stays_as_it_was() -> None:
    assert "--distributed-executor-backend" not in resolved(CPU).engine_args


@pytest.mark.parametrize(
    ("arguments", "variables", "source"),
    [
        (["--worker-multiproc-method", "spawn"], {}, "command line"),
        ([], {"VLLM_WORKER_MULTIPROC_METHOD": "spawn"}, "variable VLLM_WORKER_MULTIPROC_METHOD"),
    ],
)
def test_whoever_asks_for_a_method_gets_it(arguments: list[str], variables: dict[str, str], source: str) -> None:
    resolution = resolved([*CPU, *arguments], variables)
    shown = setting(resolution, METHOD)
    assert (shown.value, shown.source) == ("spawn", source)
    assert resolution.environment["VLLM_WORKER_MULTIPROC_METHOD"] == "spawn"


def test_another_method_is_an_error() -> None:
    [error] = resolved([*CPU, "--worker-multiproc-method", "forkserver"]).errors
    assert "forkserver" in error


def test_a_server_elsewhere_has_no_processes_here() -> None:
    resolution = resolve(["--engine-url", "http://a:1"], {})
    assert (resolution.value(IN_PROCESS), resolution.value(METHOD)) == (None, None)
    assert "VLLM_WORKER_MULTIPROC_METHOD" not in resolution.environment
