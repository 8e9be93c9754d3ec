import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find


def test_sequences_unless_asked() -> None:
    setting = find(on_lmi({}), "max_num_seqs")
    assert (setting.value, setting.source) == (256, "worker default on LMI")


def test_the_default_leaves_room_in_a_small_batch() -> None:
    resolution = on_lmi({"OPTION_MAX_NUM_BATCHED_TOKENS": "64"})
    assert resolution.errors == ()
    assert resolution.value("max_num_seqs") == 64


def test_sequences() -> None:
    setting = find(on_lmi({"OPTION_MAX_ROLLING_BATCH_SIZE": "64"}), "max_num_seqs")
    assert (setting.value, setting.source) == (64, "variable OPTION_MAX_ROLLING_BATCH_SIZE")


def test_a_flag_overrides_an_option() -> None:
    resolution = on_lmi({"OPTION_MAX_ROLLING_BATCH_SIZE": "64"}, "--max-num-seqs", "8")
    assert resolution.errors == ()
    assert find(resolution, "max_num_seqs").overridden == ((64, "variable OPTION_MAX_ROLLING_BATCH_SIZE"),)


def test_an_engine_elsewhere_has_its_own() -> None:
    assert find(on_lmi({}, "--engine-url", "http://host:8000"), "max_num_seqs").source == "vLLM default"


def test_memory_unless_asked() -> None:
    setting = find(on_lmi({}, gpus=1), "gpu_memory_utilization")
    assert (setting.value, setting.source) == (0.9, "worker default on LMI")


@pytest.mark.parametrize("arguments", [["--kv-cache-memory-bytes", "1g"], ["--engine-url", "http://host:8000"]])
def test_what_leaves_memory_to_vllm(arguments: list[str]) -> None:
    assert find(on_lmi({}, *arguments, gpus=1), "gpu_memory_utilization").source == "vLLM default"


def test_memory_without_gpus() -> None:
    assert find(on_lmi({}, gpus=0), "gpu_memory_utilization").source == "vLLM default"


def test_memory() -> None:
    assert on_lmi({"OPTION_GPU_MEMORY_UTILIZATION": "0.85"}).value("gpu_memory_utilization") == 0.85


def test_bodies_unless_asked() -> None:
    assert find(on_lmi({}), "max_body_size").value == 32 * 2**20


@pytest.mark.parametrize("variable", ["SERVING_MAX_REQUEST_SIZE", "SAGEMAKER_MAX_REQUEST_SIZE"])
def test_bodies(variable: str) -> None:
    setting = find(on_lmi({variable: "1000"}), "max_body_size")
    assert (setting.value, setting.source) == (1000, f"variable {variable}")


def test_bodies_by_the_name_that_all_platforms_have() -> None:
    resolution = on_lmi({"SERVING_MAX_REQUEST_SIZE": "1000"}, "--max-body-size", "8M")
    assert resolution.value("max_body_size") == 8 * 2**20


def test_as_many_requests_wait_for_the_engine_as_lmis_routes_let_in() -> None:
    assert on_lmi({}).value("max_queue") == 1000
    assert on_lmi({"SERVING_JOB_QUEUE_SIZE": "5"}).value("max_queue") == 5
    assert on_lmi({"SERVING_JOB_QUEUE_SIZE": "5", "DRAGOMAN_MAX_QUEUE": "7"}).value("max_queue") == 7
