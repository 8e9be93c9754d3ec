import re

import pytest

from dragoman.settings.catalogue import Catalogue, Setting, vllm_flags
from dragoman.settings.values import PARSERS
from dragoman.settings.worker import load_catalogue

CATALOGUE = load_catalogue(["plain"])


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("max_model_len", "8k", 8000),
        ("max_model_len", "auto", -1),
        ("max_model_len", "", None),
        ("tensor_parallel_size", "2", 2),
        ("gpu_memory_utilization", "0.5", 0.5),
        ("enforce_eager", "on", True),
        ("served_model_name", "a,b", ["a", "b"]),
        ("served_model_name", ["a,b"], ["a,b"]),
        ("served_model_name", [""], None),
        ("cudagraph_capture_sizes", "1 2 4", [1, 2, 4]),
        ("hf_overrides", "{'a': 1}", {"a": 1}),
        ("hf_overrides", "package.function", "package.function"),
        ("moe_backend", "Deep-GEMM", "deep_gemm"),
        ("allowed_origins", "*", ["*"]),
        ("lora_modules", ["sql=/a"], [{"name": "sql", "path": "/a"}]),
        ("hf_token", True, True),
        ("convert", "none", "none"),
        ("convert", "None", None),
        ("max_lora_rank", "64", 64),
    ],
)
def test_values(name: str, raw: object, value: object) -> None:
    assert CATALOGUE[name].parse(raw) == value


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("tensor_parallel_size", "two", "'two' is not an integer"),
        ("tensor_parallel_size", "0", "0 is not at least 1"),
        ("gpu_memory_utilization", "1.5", "1.5 is not at most 1"),
        ("gpu_memory_utilization", "0", "0.0 is not more than 0"),
        ("max_num_batched_tokens", "0", "0 is not at least 1"),
        ("stream_interval", "0", "0 is not at least 1"),
        ("dtype", "float8", "'float8' is not one of auto, bfloat16, float, float16, float32, half"),
        ("max_lora_rank", "24", "24 is not one of 1, 8, 16"),
        ("lora_dtype", "float32", "'float32' is not one of auto"),
        ("compilation_config", '{"levle": 3}', "'levle' is not one of its fields"),
        ("compilation_config", "[]", "is not a JSON object"),
        ("enforce_eager", "maybe", "'maybe' is not a boolean"),
        ("port", "65536", "65536 is not at most 65535"),
    ],
)
def test_wrong_values(name: str, raw: object, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        CATALOGUE[name].parse(raw)


@pytest.mark.parametrize(
    ("name", "raw", "unset"),
    [
        ("convert", "none", False),
        ("convert", None, True),
        ("convert", "", True),
        ("dtype", "none", True),
        ("seed", " Null ", True),
        ("seed", 0, False),
    ],
)
def test_what_sets_nothing(name: str, raw: object, unset: bool) -> None:
    assert CATALOGUE[name].leaves_unset(raw) is unset


def test_a_choice_called_none_in_any_case() -> None:
    assert Setting(name="x", type="word", choices=("none", "all")).parse(" None ") == "none"


def test_flags() -> None:
    assert CATALOGUE.flags["-tp"] == (CATALOGUE["tensor_parallel_size"], True)
    assert CATALOGUE.flags["--no-enforce-eager"] == (CATALOGUE["enforce_eager"], False)
    assert CATALOGUE.flags["--grace-period"][0].flag is None


def test_every_type_of_vllms_can_be_read() -> None:
    assert {option["type"] for option in vllm_flags()["options"].values()} <= PARSERS.keys()


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("max_model_len", ("MAX_MODEL_LEN",)),
        ("grace_period", ("DRAGOMAN_GRACE_PERIOD",)),
        ("port", ("DRAGOMAN_PORT",)),
        ("root_path", ("DRAGOMAN_ROOT_PATH",)),
        ("master_addr", ("DRAGOMAN_MASTER_ADDR",)),
        ("ssl_certfile", ("DRAGOMAN_SSL_CERTFILE",)),
        ("headless", ("DRAGOMAN_HEADLESS",)),
        ("hf_token", ()),
        ("api_key", ("DRAGOMAN_API_KEY",)),
    ],
)
def test_variables(name: str, variables: tuple[str, ...]) -> None:
    assert CATALOGUE[name].variables == variables


def test_a_platform_adds_variables_above_the_common_ones() -> None:
    extended = CATALOGUE.with_variables({"model": ["MODEL_NAME"]})
    assert extended["model"].variables == ("MODEL_NAME", "MODEL")
    assert CATALOGUE["model"].variables == ("MODEL",)


def test_a_platform_adds_settings() -> None:
    extended = CATALOGUE.with_settings(Setting(name="max_concurrency", type="int", default=300))
    assert extended["max_concurrency"].default == 300
    assert "max_concurrency" not in CATALOGUE


def test_an_unknown_name() -> None:
    with pytest.raises(KeyError):
        Catalogue(())["anything"]
