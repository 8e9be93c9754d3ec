from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dragoman.diagnosis.known import Known, is_known
from dragoman.diagnosis.model import (
    Model,
    architecture,
    chat_template,
    look,
    present,
    quantization,
    remote_code,
    repository_of,
    tokenizer,
    whole,
)
from dragoman.diagnosis.weights import UNREADABLE, Weights
from dragoman.models import MINI
from tests.diagnosis.subjects import judged, subject

KNOWN = Known(
    architectures=frozenset({"LlamaForCausalLM", "BertModel"}),
    last={"OldForCausalLM": "0.9.2"},
    plugins={"BartModel": "https://github.com/vllm-project/bart-plugin"},
    model_types=frozenset({"llama"}),
    classes=frozenset({"NewForCausalLM"}),
    templates=frozenset({"blip-2"}),
    suffixes=frozenset({"ForCausalLM", "ForSequenceClassification", "Model"}),
)
CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
FILES = frozenset({"config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"})
HERE = Model("/m", "/m", True, False, False, CONFIG, {}, FILES, Weights(1), KNOWN)
ON_HUB = Model("org/m", None, False, True, False, {}, {}, frozenset(), None, KNOWN)
but = partial(replace, HERE)


def config(**changes: object) -> Model:
    return but(config={**CONFIG, **changes})


@pytest.mark.parametrize(
    ("found", "severity", "what"),
    [
        (None, "fine", "no model is loaded"),
        (HERE, "fine", "the model is here: /m"),
        (ON_HUB, "fine", "the worker downloads it"),
        (replace(ON_HUB, offline=True), "problem", "HF_HUB_OFFLINE keeps it"),
        (but(name="s3://b/m", directory=None, is_whole=False), "fine", "is fetched when the worker starts"),
        (but(name="/m/a.gguf", directory=None), "fine", "the model is here: /m/a.gguf"),
    ],
)
def test_present(found: Model | None, severity: str, what: str) -> None:
    verdict = judged(present, found)
    assert verdict.severity == severity
    assert what in verdict.what


@pytest.mark.parametrize(
    ("weights", "on_hub", "severity", "cure"),
    [
        (Weights(1), False, "fine", ""),
        (Weights(1, missing=("b",)), False, "problem", "hf download ORG/NAME --local-dir /m"),
        (Weights(1, missing=("b",)), True, "advice", "hf download /m"),
        (Weights(1, pointers=("a",)), False, "problem", "git -C /m lfs pull"),
        (Weights(1, broken={"a": "it is empty"}), True, "problem", "hf download /m"),
        (Weights(1, broken={"a b": UNREADABLE}), False, "problem", "sudo chmod a+r '/m/a b'"),
        (Weights(1, unfinished=("1.incomplete",)), True, "advice", "hf download /m"),
        (Weights(0), False, "problem", "hf download ORG/NAME --local-dir /m"),
        (None, True, "fine", ""),
    ],
)
def test_whole(weights: Weights | None, on_hub: bool, severity: str, cure: str) -> None:
    found = judged(whole, but(weights=weights, on_hub=on_hub))
    assert (found.severity, found.cure) == (severity, cure)


def test_a_model_of_the_hubs_that_is_not_whole_is_a_problem_offline() -> None:
    found = judged(whole, but(weights=Weights(1, missing=("b",)), on_hub=True, offline=True))
    assert found.severity == "problem"


@pytest.mark.parametrize(
    ("names", "severity", "cure"),
    [
        (["LlamaForCausalLM"], "fine", ""),
        (["LlamaForSequenceClassification"], "fine", ""),
        (["BertForSequenceClassification"], "fine", ""),
        (["NoneForCausalLM"], "problem", ""),
        (["OldForCausalLM"], "problem", ""),
        (["BartModel"], "problem", "python -m pip install git+https://github.com/vllm-project/bart-plugin"),
        (["NewForCausalLM"], "advice", "dragoman serve --gpus 0 --model-impl transformers"),
        ([], "fine", ""),
        (None, "fine", ""),
    ],
)
def test_architecture(names: list[str] | None, severity: str, cure: str) -> None:
    found = judged(architecture, config(architectures=names))
    assert (found.severity, found.cure) == (severity, cure)


def test_an_architecture_that_the_model_brings() -> None:
    found = judged(architecture, config(architectures=["OwnForCausalLM"], auto_map={"AutoModel": "x"}))
    assert (found.severity, found.cure) == ("advice", "dragoman serve --gpus 0 --trust-remote-code")


def test_nothing_is_known_without_vllm() -> None:
    assert judged(architecture, but(known=Known())).severity == "fine"


@pytest.mark.parametrize(
    ("kind", "mapped", "arguments", "severity"),
    [
        ("llama", None, [], "fine"),
        ("llama", {"AutoConfig": "x"}, [], "fine"),
        ("own", {"AutoConfig": "x"}, [], "problem"),
        ("own", {"AutoConfig": "x"}, ["--trust-remote-code"], "advice"),
        ("own", None, ["--trust-remote-code"], "fine"),
    ],
)
def test_remote_code(kind: str, mapped: dict[str, str] | None, arguments: list[str], severity: str) -> None:
    found = judged(remote_code, config(model_type=kind, auto_map=mapped), subject(*arguments))
    assert found.severity == severity


@pytest.mark.parametrize(
    ("files", "arguments", "severity"),
    [
        (FILES, [], "fine"),
        ({"config.json", "tokenizer.model"}, [], "fine"),
        ({"config.json"}, [], "problem"),
        ({"config.json"}, ["--tokenizer", "org/other"], "fine"),
        ({"config.json"}, ["--skip-tokenizer-init"], "fine"),
    ],
)
def test_tokenizer(files: set[str], arguments: list[str], severity: str) -> None:
    assert judged(tokenizer, but(files=frozenset(files)), subject(*arguments)).severity == severity


BARE = but(files=frozenset({"config.json", "tokenizer.json"}))


@pytest.mark.parametrize(
    ("found", "arguments", "severity"),
    [
        (HERE, [], "fine"),
        (BARE, [], "advice"),
        (BARE, ["--chat-template", "{{ messages }}"], "fine"),
        (BARE, ["--runner", "pooling"], "fine"),
        (replace(BARE, tokenizer={"chat_template": "{{ messages }}"}), [], "fine"),
        (replace(BARE, files=frozenset({"tekken.json"})), [], "fine"),
        (replace(BARE, config={**CONFIG, "model_type": "blip-2"}), [], "fine"),
        (replace(BARE, config={"architectures": ["BertModel"]}), [], "fine"),
        (replace(BARE, is_whole=False), [], "fine"),
    ],
)
def test_chat_template(found: Model, arguments: list[str], severity: str) -> None:
    assert judged(chat_template, found, subject(*arguments)).severity == severity


@pytest.mark.parametrize(
    ("held", "severity"),
    [
        (None, "fine"),
        ({"quant_method": "fp8"}, "fine"),
        ({"quant_method": "compressed-tensors"}, "fine"),
        ({"quant_method": "squeezellm"}, "problem"),
        ({}, "fine"),
        ("nonsense", "fine"),
    ],
)
def test_quantization(held: object, severity: str) -> None:
    assert judged(quantization, config(quantization_config=held)).severity == severity


def test_looking() -> None:
    found = look(subject("--model", str(MINI)))
    assert found is not None
    assert (found.directory, found.is_whole, found.on_hub) == (str(MINI), True, False)
    assert found.architectures == ["LlamaForCausalLM"]
    assert is_known(found.architectures, found.known)


def test_overrides_count() -> None:
    found = look(subject("--model", str(MINI), "--hf-overrides", '{"architectures": ["Other"]}'))
    assert found is not None
    assert found.architectures == ["Other"]


def test_what_is_in_the_hubs_cache(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--org--m" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text('{"architectures": ["A"]}')
    found = look(subject("--revision", "abc", HF_HUB_CACHE=str(tmp_path), HF_HUB_OFFLINE="1"))
    assert found is not None
    assert (found.directory, found.is_whole, found.offline) == (str(snapshot), False, True)


def test_no_model_is_loaded_here() -> None:
    assert repository_of(subject("--engine-url", "http://localhost:1")) is None
