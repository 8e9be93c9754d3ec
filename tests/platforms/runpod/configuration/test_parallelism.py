import pytest

from tests.settings.resolutions import find, on_runpod


@pytest.mark.parametrize(
    ("environment", "gpus", "size"),
    [
        ({}, 0, 1),
        ({}, 1, 1),
        ({}, 4, 4),
        ({"PIPELINE_PARALLEL_SIZE": "2"}, 4, 2),
        ({"DATA_PARALLEL_SIZE": "2"}, 4, 2),
        ({"PIPELINE_PARALLEL_SIZE": "4"}, 4, 1),
        ({"TENSOR_PARALLEL_SIZE": "2"}, 4, 2),
        ({"TENSOR_PARALLEL_SIZE": "8"}, 4, 4),
        ({"TENSOR_PARALLEL_SIZE": "4", "PIPELINE_PARALLEL_SIZE": "2"}, 4, 2),
        ({"TENSOR_PARALLEL_SIZE": "2"}, 0, 2),
    ],
)
def test_the_size(environment: dict[str, str], gpus: int, size: int) -> None:
    resolution = on_runpod(environment, "--gpus", str(gpus))
    assert resolution.value("tensor_parallel_size") == size
    assert resolution.errors == ()


def test_a_clamped_size_says_so() -> None:
    resolution = on_runpod({"TENSOR_PARALLEL_SIZE": "8"}, "--gpus", "4")
    setting = find(resolution, "tensor_parallel_size")
    assert setting.source == "variable TENSOR_PARALLEL_SIZE"
    assert setting.overridden == ((8, "variable TENSOR_PARALLEL_SIZE"),)
    assert resolution.warnings == (
        "tensor_parallel_size 8 (variable TENSOR_PARALLEL_SIZE) is more than the 4 GPUs that there are: it became 4",
    )


def test_too_many_stages_stay_an_error() -> None:
    (error,) = on_runpod({"PIPELINE_PARALLEL_SIZE": "8"}, "--gpus", "4").errors
    assert error.endswith("needs 8 GPUs, and there are 4")


def test_where_the_defaults_come_from() -> None:
    resolution = on_runpod({}, "--gpus", "4")
    assert find(resolution, "tensor_parallel_size").source == "worker default: there are 4 GPUs"
    assert find(resolution, "gpu_memory_utilization").source == "worker default on RunPod"


def test_memory_given_in_bytes() -> None:
    resolution = on_runpod({"KV_CACHE_MEMORY_BYTES": "1g"}, "--gpus", "1")
    assert find(resolution, "gpu_memory_utilization").source == "vLLM default"


def test_loading_workers() -> None:
    resolution = on_runpod({"MAX_PARALLEL_LOADING_WORKERS": "2", "TENSOR_PARALLEL_SIZE": "2"})
    setting = find(resolution, "max_parallel_loading_workers")
    assert (setting.value, setting.overridden) == (None, ((2, "variable MAX_PARALLEL_LOADING_WORKERS"),))
    assert "--max-parallel-loading-workers" not in resolution.engine_args
    assert len(resolution.warnings) == 1
