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
