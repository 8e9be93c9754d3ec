import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find

DEGREE = "OPTION_TENSOR_PARALLEL_DEGREE"
MAX = {DEGREE: "max"}


@pytest.mark.parametrize(
    ("environment", "arguments", "gpus", "size"),
    [
        ({}, [], 0, 1),
        ({}, [], 1, 1),
        ({}, [], 4, 4),
        (MAX, [], 8, 8),
        ({DEGREE: "2"}, [], 0, 2),
        ({DEGREE: "2"}, ["--tensor-parallel-size", "4"], 4, 4),
        (MAX, ["--pipeline-parallel-size", "2"], 4, 2),
        ({}, ["--pipeline-parallel-size", "2"], 4, 2),
        ({}, ["--pipeline-parallel-size", "4"], 4, 1),
        ({}, ["--data-parallel-size", "2"], 4, 2),
    ],
)
def test_the_size(environment: dict[str, str], arguments: list[str], gpus: int, size: int) -> None:
    resolution = on_lmi(environment, *arguments, gpus=gpus)
    assert resolution.value("tensor_parallel_size") == size
    assert resolution.errors == resolution.warnings == ()


def test_where_a_degree_comes_from() -> None:
    setting = find(on_lmi(MAX), "tensor_parallel_size")
    assert (setting.value, setting.source) == (4, f"variable {DEGREE}")


def test_where_the_default_comes_from() -> None:
    setting = find(on_lmi({}), "tensor_parallel_size")
    assert (setting.value, setting.source) == (4, "worker default on LMI: max, and there are 4 GPUs")


def test_a_flag_overrides_a_degree() -> None:
    setting = find(on_lmi({DEGREE: "2"}, "--tensor-parallel-size", "4"), "tensor_parallel_size")
    assert (setting.value, setting.overridden) == (4, ((2, f"variable {DEGREE}"),))


def test_more_than_there_are() -> None:
    (error,) = on_lmi({DEGREE: "8"}).errors
    assert error == f"tensor_parallel_size 8 (variable {DEGREE}) needs 8 GPUs, and there are 4"


def test_gpus_that_stay_idle() -> None:
    (warning,) = on_lmi({DEGREE: "1"}).warnings
    assert warning == (
        f"tensor_parallel_size 1 (variable {DEGREE}): 3 of the 4 GPUs stay idle; tensor_parallel_degree=max uses more"
    )


def test_gpus_that_nothing_can_use() -> None:
    (warning,) = on_lmi({}, "--pipeline-parallel-size", "2", gpus=3).warnings
    assert warning == "pipeline_parallel_size 2 (command line): 1 of the 3 GPUs stay idle"


@pytest.mark.parametrize("arguments", [["--nnodes", "2"], ["--engine-url", "http://host:8000"]])
def test_gpus_that_are_elsewhere(arguments: list[str]) -> None:
    resolution = on_lmi({}, *arguments)
    assert find(resolution, "tensor_parallel_size").source == "vLLM default"
    assert not any("idle" in warning for warning in resolution.warnings)


@pytest.mark.parametrize("degree", ["0", "2.5", "1,2", "most"])
def test_a_degree_that_is_none_leaves_no_gpus_idle(degree: str) -> None:
    resolution = on_lmi({DEGREE: degree})
    assert (len(resolution.errors), resolution.warnings) == (1, ())
