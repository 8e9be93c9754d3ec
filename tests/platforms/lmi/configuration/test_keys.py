import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.lmi.configuration.keys import (
    ALIASES,
    SERVER_KEYS,
    known_keys,
    meant,
    server_setting_of,
    setting_for,
    setting_of,
    shown,
)
from dragoman.platforms.lmi.settings import PLATFORM

CATALOGUE = catalogue_of(PLATFORM)


@pytest.mark.parametrize(
    ("key", "setting"),
    [
        ("option.model_id", "model"),
        ("option.max_model_len", "max_model_len"),
        ("option.job_queue_size", None),
        ("job_queue_size", "job_queue_size"),
        ("max_model_len", None),
        ("option.host", None),
        ("option.", None),
        ("", None),
    ],
)
def test_what_a_key_sets(key: str, setting: str | None) -> None:
    assert setting_for(key, CATALOGUE) == setting


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("option.max_model_length", None),
        ("option.max_modellen", "option.max_model_len"),
        ("option.rolling_bacth", "option.rolling_batch"),
        ("rolling_batch", "option.rolling_batch"),
        ("option.batch_size", "batch_size"),
        ("batchsize", "batch_size"),
        ("Option.dtype", "option.dtype"),
    ],
)
def test_what_was_meant(key: str, other: str | None) -> None:
    assert meant(key, CATALOGUE) == other


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("option.foo", "option.foo"),
        ("", "''"),
        ("a\nb", r"'a\nb'"),
        ("x" * 80, "x" * 80),
        ("x" * 200, f"'{'x' * 119}…"),
        ("option.hf_tokensesame", "option.hf_token…"),
        ("option.API_KEY sesame", "option.API_KEY…"),
        ("keystore_passsesame", "keystore_pass…"),
    ],
)
def test_how_a_key_is_shown(key: str, written: str) -> None:
    assert shown(key, CATALOGUE) == written


def test_how_a_variable_is_shown() -> None:
    assert shown("option.hf_tokensesame", CATALOGUE, "OPTION_HF_TOKENSESAME") == "OPTION_HF_TOKEN…"
    assert shown("option.", CATALOGUE, "OPTION_") == "OPTION_"


def test_every_known_key_sets_something() -> None:
    assert all(setting_for(key, CATALOGUE) for key in known_keys(CATALOGUE))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("max_model_len", "max_model_len"),
        ("MAX_MODEL_LEN", "max_model_len"),
        ("model_id", "model"),
        ("s3url", "model"),
        ("quantize", "quantization"),
        ("cpu_offload_gb_per_gpu", "cpu_offload_gb"),
        ("max_rolling_batch_prefill_tokens", "max_num_batched_tokens"),
        ("max_rolling_batch_size", "max_rolling_batch_size"),
        ("speculative_draft_model", "draft_model_id"),
        ("task", "hf_task"),
        ("entryPoint", "entry_point"),
        ("pythonExecutable", "python_executable"),
        ("modelName", "model_file_name"),
        ("swap_space", "swap_space"),
        ("engine", "engine"),
    ],
)
def test_an_option(key: str, name: str) -> None:
    assert setting_of(key, CATALOGUE) == name


@pytest.mark.parametrize(
    "key",
    [
        "",
        "nonsense",
        "job_queue_size",
        "min_workers",
        "model_name",
        "model_url",
        "hf_task",
        "port",
        "platform",
        "engine_url",
    ],
)
def test_what_is_no_option(key: str) -> None:
    assert setting_of(key, CATALOGUE) is None


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("job_queue_size", "job_queue_size"),
        ("JOB_QUEUE_SIZE", "job_queue_size"),
        ("minWorkers", "min_workers"),
        ("gpu.maxWorkers", "max_workers"),
        ("max_dynamic_batch_size", "batch_size"),
        ("gpu.reserved_memory_mb", "reserved_memory_mb"),
        ("engine", "engine"),
    ],
)
def test_a_key_of_the_server(key: str, name: str) -> None:
    assert server_setting_of(key, CATALOGUE) == name


@pytest.mark.parametrize("key", ["", "nonsense", "max_model_len", "rolling_batch", "model_url", "port"])
def test_what_is_no_key_of_the_server(key: str) -> None:
    assert server_setting_of(key, CATALOGUE) is None


def test_every_name_leads_to_a_setting() -> None:
    assert all(name in CATALOGUE for name in ALIASES.values())
    assert all(server_setting_of(key, CATALOGUE) for key in SERVER_KEYS)
