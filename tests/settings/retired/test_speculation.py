import json

import pytest

from dragoman.settings.retired.speculation import implied_method
from tests.settings.resolutions import find, on_plain


@pytest.mark.parametrize(
    ("fields", "method"),
    [
        ({"model": "org/x-EAGLE3"}, "eagle3"),
        ({"model": "org/EAGLE-x"}, "eagle"),
        ({"model": "org/medusa-x"}, "medusa"),
        ({"model": "org/x"}, "draft_model"),
        ({"model": "[ngram]"}, "ngram"),
        ({"model": "ngram"}, "ngram"),
        ({"method": "[ngram]"}, "ngram"),
        ({"prompt_lookup_max": 4}, "ngram"),
        ({"model": "org/x", "prompt_lookup_max": 4}, "draft_model"),
        ({"prompt_lookup_min": 4}, None),
        ({"num_speculative_tokens": 4}, None),
    ],
)
def test_the_method(fields: dict[str, object], method: str | None) -> None:
    assert implied_method(fields) == method


@pytest.mark.parametrize(
    ("environment", "value"),
    [
        (
            {"SPECULATIVE_MODEL": "org/x-EAGLE3", "NUM_SPECULATIVE_TOKENS": "3"},
            {"method": "eagle3", "model": "org/x-EAGLE3", "num_speculative_tokens": 3},
        ),
        (
            {"SPECULATIVE_MODEL": "[ngram]", "NUM_SPECULATIVE_TOKENS": "3", "NGRAM_PROMPT_LOOKUP_MIN": "2"},
            {"method": "ngram", "num_speculative_tokens": 3, "prompt_lookup_min": 2},
        ),
        (
            {"SPECULATIVE_METHOD": "ngram", "NUM_SPECULATIVE_TOKENS": "3"},
            {"method": "ngram", "num_speculative_tokens": 3},
        ),
        (
            {"NGRAM_PROMPT_LOOKUP_MAX": "4", "NUM_SPECULATIVE_TOKENS": "3"},
            {"method": "ngram", "num_speculative_tokens": 3, "prompt_lookup_max": 4},
        ),
        (
            {
                "SPECULATIVE_METHOD": "mtp",
                "SPECULATIVE_MODEL": "org/eagle",
                "SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE": "1",
                "SPECULATIVE_MAX_MODEL_LEN": "512",
                "SPECULATIVE_QUANTIZATION": "awq",
                "SPECULATIVE_MODEL_REVISION": "main",
                "SPECULATIVE_ENFORCE_EAGER": "true",
            },
            {
                "method": "mtp",
                "model": "org/eagle",
                "draft_tensor_parallel_size": 1,
                "max_model_len": 512,
                "quantization": "awq",
                "revision": "main",
                "enforce_eager": True,
            },
        ),
        (
            {"SPECULATIVE_MODEL": "org/x", "NUM_SPECULATIVE_TOKENS": "3", "SPECULATIVE_DISABLE_BY_BATCH_SIZE": "8"},
            {
                "method": "draft_model",
                "model": "org/x",
                "num_speculative_tokens": 3,
                "num_speculative_tokens_per_batch_size": [[1, 8, 3], [9, 2147483647, 0]],
            },
        ),
        (
            {"SPECULATIVE_MODEL": "org/x", "SPECULATIVE_DISABLE_BY_BATCH_SIZE": "8"},
            {"method": "draft_model", "model": "org/x"},
        ),
    ],
)
def test_the_configuration(environment: dict[str, str], value: dict[str, object]) -> None:
    resolution = on_plain(environment)
    setting = find(resolution, "speculative_config")
    assert setting.value == value
    assert setting.source == " and ".join(f"variable {name}" for name in _in_order(environment))
    assert len(resolution.warnings) == 1
    assert resolution.errors == ()


def _in_order(environment: dict[str, str]) -> list[str]:
    known = ["SPECULATIVE_METHOD", "SPECULATIVE_MODEL", "NUM_SPECULATIVE_TOKENS"]
    return sorted(environment, key=lambda name: known.index(name) if name in known else len(known))


def test_the_object_wins_in_the_same_place() -> None:
    config = {"method": "ngram", "num_speculative_tokens": 3}
    resolution = on_plain({"SPECULATIVE_CONFIG": json.dumps(config), "SPECULATIVE_MODEL": "org/x"})
    assert find(resolution, "speculative_config").value == config
    (warning,) = resolution.warnings
    assert warning.startswith("speculative_model 'org/x' (variable SPECULATIVE_MODEL) gives way to speculative_config")


def test_a_stronger_source_changes_the_object() -> None:
    config = {"method": "ngram", "num_speculative_tokens": 3}
    resolution = on_plain({"SPECULATIVE_CONFIG": json.dumps(config)}, "--num-speculative-tokens", "5")
    assert find(resolution, "speculative_config").value == {"method": "ngram", "num_speculative_tokens": 5}


def test_tokens_alone_switch_nothing_on() -> None:
    resolution = on_plain({"NUM_SPECULATIVE_TOKENS": "3"})
    assert resolution.engine_args == ("--model", "org/m")
    (warning,) = resolution.warnings
    assert warning.endswith("nothing comes of this without speculative_model")


def test_n_grams_need_a_number_of_tokens() -> None:
    (error,) = on_plain({"SPECULATIVE_MODEL": "[ngram]"}).errors
    assert error.endswith("n-grams need num_speculative_tokens")
