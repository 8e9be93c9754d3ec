from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman.baking.order import Order, ordered
from dragoman.errors import ConfigurationError

OPTIONS = {"model": "org/m", "base_path": "/models"}
CACHE = Path("/models/huggingface-cache/hub")


def models(order: Order) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (part.role, part.repository.name, part.repository.revision, part.repository.load_format) for part in order.parts
    ]


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (OPTIONS, {}),
        ({}, {"MODEL_NAME": "org/m", "BASE_PATH": "/models"}),
        (OPTIONS, {"MODEL_NAME": "org/other", "BASE_PATH": "/other"}),
        (OPTIONS, {"MODEL_REVISION": "", "TOKENIZER_NAME": "", "TOKENIZER_REVISION": "", "QUANTIZATION": ""}),
    ],
)
def test_a_model(options: Mapping[str, Any], variables: Mapping[str, str]) -> None:
    order = ordered(options, variables)
    assert order.directory == Path("/models")
    assert models(order) == [("model", "org/m", None, "auto")]
    assert order.parts[0].repository.cache == CACHE
    assert order.parts[0].repository.ignored == ("original/**/*",)


@pytest.mark.parametrize("variables", [{}, {"MODEL_NAME": ""}, {"TOKENIZER_NAME": "org/t", "BASE_PATH": "/models"}])
def test_without_a_model_there_is_nothing_to_bake(variables: Mapping[str, str]) -> None:
    assert ordered({}, variables).parts == ()


def test_the_directory_unless_one_is_named() -> None:
    assert ordered({}, {}).directory == Path("/runpod-volume")
    assert ordered({"base_path": "here"}, {}).directory == Path.cwd() / "here"


@pytest.mark.parametrize(
    ("variables", "tokenizer"),
    [
        ({"TOKENIZER_NAME": "org/t"}, ("org/t", None)),
        ({"TOKENIZER_NAME": "org/t", "MODEL_REVISION": "v1"}, ("org/t", None)),
        ({"TOKENIZER_NAME": "org/t", "TOKENIZER_REVISION": "v2"}, ("org/t", "v2")),
        ({"TOKENIZER_REVISION": "v2"}, ("org/m", "v2")),
    ],
)
def test_a_tokenizer_of_its_own(variables: Mapping[str, str], tokenizer: tuple[str, str | None]) -> None:
    assert models(ordered(OPTIONS, variables))[1:] == [("tokenizer", *tokenizer, None)]


@pytest.mark.parametrize(
    "variables", [{"TOKENIZER_NAME": "org/m"}, {"TOKENIZER_NAME": "org/m", "MODEL_REVISION": "v1"}]
)
def test_the_models_own_tokenizer_comes_with_it(variables: Mapping[str, str]) -> None:
    assert len(ordered(OPTIONS, variables).parts) == 1


def test_adapters_and_a_draft_model() -> None:
    speculation = '{"method": "eagle3", "model": "org/d", "num_speculative_tokens": 2, "revision": "v3"}'
    order = ordered(OPTIONS, {"LORA_MODULES": "a=org/a", "SPECULATIVE_CONFIG": speculation})
    assert models(order)[1:] == [("adapter a", "org/a", None, "auto"), ("draft model", "org/d", "v3", "auto")]
    assert order.parts[1].repository.ignored == ("*/*",)


@pytest.mark.parametrize(
    ("variables", "draft"),
    [
        ({"SPECULATIVE_MODEL": "org/d", "NUM_SPECULATIVE_TOKENS": "2"}, ["org/d"]),
        ({"SPECULATIVE_CONFIG": '{"method": "ngram", "num_speculative_tokens": 2}'}, []),
        ({"SPECULATIVE_MODEL": "[ngram]", "NUM_SPECULATIVE_TOKENS": "2"}, []),
        ({"SPECULATIVE_CONFIG": '{"method": "mtp", "model": "org/m"}'}, []),
    ],
)
def test_what_speculates(variables: Mapping[str, str], draft: list[str]) -> None:
    assert [part.repository.name for part in ordered(OPTIONS, variables).parts[1:]] == draft


@pytest.mark.parametrize(
    ("load_format", "weights"),
    [("safetensors", "safetensors"), ("dummy", None), ("runai_streamer", "auto"), ("pt", "pt")],
)
def test_the_weights_are_those_that_will_be_loaded(load_format: str, weights: str | None) -> None:
    assert ordered(OPTIONS, {"LOAD_FORMAT": load_format}).parts[0].repository.load_format == weights


def test_the_workers_raw_arguments_are_read_too() -> None:
    order = ordered({}, {"VLLM_EXTRA_ARGS": "--model org/m --revision v1 --max-model-len 8k"})
    assert models(order) == [("model", "org/m", "v1", "auto")]


def test_the_token_is_not_among_the_values() -> None:
    order = ordered(OPTIONS, {"VLLM_EXTRA_ARGS": "--hf-token hf_secret", "HF_TOKEN": "hf_other"})
    assert order.parts[0].repository.token == "hf_secret"
    assert "hf_secret" not in str(order.values)


@pytest.mark.parametrize(
    ("options", "variables", "problem"),
    [
        ({"model": "/nowhere"}, {}, r"model '/nowhere' \(command line\) does not exist"),
        ({}, {"MODEL_NAME": "a/b/c"}, r"model 'a/b/c' \(variable MODEL_NAME\) is neither a directory nor the name"),
        ({"model": "org/m:Q4"}, {}, "is neither a directory nor the name of a model on the hub"),
        ({"model": "gs://b/p"}, {}, r"model 'gs://b/p' cannot be baked: only s3:// is read of all URLs"),
        (OPTIONS, {"TOKENIZER_NAME": "/nowhere"}, r"tokenizer '/nowhere' .* does not exist"),
        (OPTIONS, {"LORA_MODULES": "a=/nowhere"}, "adapter a '/nowhere' does not exist"),
        ({**OPTIONS, "base_path": ""}, {}, r"^--to is empty: give a value, or leave it out \(command line\)$"),
        ({"model": ""}, {"MODEL_NAME": "org/m"}, "^MODEL is empty"),
        ({**OPTIONS, "tokenizer_revision": " "}, {}, "^--tokenizer-revision is empty"),
        ({**OPTIONS, "lora_modules": [""]}, {}, "^--lora-modules is empty"),
        ({**OPTIONS, "lora_modules": ["a"]}, {}, r"lora_modules: .* \(command line\)"),
        ({**OPTIONS, "speculative_config": "{"}, {}, r"speculative_config: .* \(command line\)"),
        (OPTIONS, {"QUANTIZATION": "squeezellm"}, "quantization"),
        (OPTIONS, {"VLLM_EXTRA_ARGS": "--nonsense"}, r"--nonsense is not a flag .* \(variable VLLM_EXTRA_ARGS\)"),
        (OPTIONS, {"VLLM_USE_MODELSCOPE": "True"}, "VLLM_USE_MODELSCOPE is set, and only models of the Hugging Face"),
    ],
)
def test_what_cannot_be_baked(options: Mapping[str, Any], variables: Mapping[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        ordered(options, variables)


def test_a_single_file_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.touch()
    with pytest.raises(ConfigurationError, match="is a file: name the directory that it is in"):
        ordered({"model": str(file)}, {})


@pytest.mark.parametrize("root", ["m/out", "m/models/out", "link/out"])
def test_a_directory_is_not_copied_into_itself(tmp_path: Path, root: str) -> None:
    model = tmp_path / "m"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (tmp_path / "link").symlink_to(model)
    with pytest.raises(ConfigurationError, match=r"would be copied into itself: .*/out lies in it; name another"):
        ordered({"model": str(model), "base_path": str(tmp_path / root)}, {})
    assert ordered({"model": str(model), "base_path": str(tmp_path)}, {}).parts


def test_what_has_nothing_to_do_with_it_is_not_judged() -> None:
    assert ordered(OPTIONS, {"ENFORCE_EAGER": "maybe", "TENSOR_PARALLEL_SIZE": "64"}).warnings == ()


def test_a_slip_is_a_warning() -> None:
    assert ordered({}, {"MODEL_NAM": "org/m"}).warnings == (
        "variable MODEL_NAM sets nothing; did you mean MODEL_NAME?",
    )
