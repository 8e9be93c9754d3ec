import json
from pathlib import Path

import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.plain.settings import PLATFORM
from dragoman.settings.assignments import Settled
from dragoman.settings.footprint import Footprint, footprint
from dragoman.settings.values import Value
from dragoman.settings.view import View
from tests.settings.tuning.models import CONFIG, TOKEN, write_model, write_weights


def measure(model: Path | str | None, **settings: Value) -> Footprint | None:
    chosen = {"model": None if model is None else str(model), **settings}
    settled = {name: [Settled(value, "test")] for name, value in chosen.items() if value is not None}
    return footprint(View(catalogue_of(PLATFORM), settled, {"HF_HUB_CACHE": "/nowhere"}))


def test_a_models_size(tmp_path: Path) -> None:
    model = write_model(tmp_path, parameters=1_000)
    weights = (model / "model.safetensors").stat().st_size
    assert measure(model) == Footprint(parameters=1_000, files=weights, weights=weights, token=TOKEN, context=4096)


def test_tensors_of_all_files_count(tmp_path: Path) -> None:
    model = write_model(tmp_path, parameters=1_000)
    header = {"__metadata__": {"format": "pt"}, "a": {"shape": [2, 3]}, "scalar": {"shape": []}}
    write_weights(model / "model-2.safetensors", header)
    found = measure(model)
    assert found is not None
    assert found.parameters == 1_007


@pytest.mark.parametrize(
    ("config", "token"),
    [
        ({"num_key_value_heads": None}, 4 * TOKEN),
        ({"head_dim": None}, TOKEN),
        ({"num_hidden_layers": 8}, 2 * TOKEN),
    ],
    ids=["no grouped heads", "the dimension follows", "more layers"],
)
def test_a_tokens_part_of_the_cache(tmp_path: Path, config: dict[str, int | None], token: int) -> None:
    found = measure(write_model(tmp_path, 1_000, **config))
    assert found is not None
    assert found.token == token


def test_full_precision_takes_twice_as_much(tmp_path: Path) -> None:
    found = measure(write_model(tmp_path, parameters=1_000), dtype="float32")
    assert found is not None
    assert (found.token, found.weights) == (2 * TOKEN, 4_000)


def test_the_text_part_of_a_model_that_sees_counts(tmp_path: Path) -> None:
    config = json.loads((write_model(tmp_path) / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({"text_config": config, "vision_config": {}}))
    found = measure(tmp_path)
    assert found is not None
    assert found.token == TOKEN


def test_the_context_that_was_set(tmp_path: Path) -> None:
    found = measure(write_model(tmp_path), max_model_len=100)
    assert found is not None
    assert found.context == 100


def test_a_context_that_vllm_chooses_is_at_most_the_models(tmp_path: Path) -> None:
    found = measure(write_model(tmp_path), max_model_len=-1)
    assert found is not None
    assert found.context == 4096


@pytest.mark.parametrize("model", [None, "org/name", "/no/such/model", "nul\0"])
def test_a_model_that_is_not_at_hand(model: str | None) -> None:
    assert measure(model) is None


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b"{}"),
        ("config.json", b"not JSON"),
        ("config.json", b"[]"),
        ("model.safetensors", b""),
        ("model.safetensors", b"\xff" * 16),
        ("model.safetensors", (2).to_bytes(8, "little") + b"[]"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"{}"),
    ],
    ids=["empty", "text", "list", "no header", "an endless header", "a list for a header", "no tensors"],
)
def test_a_model_that_does_not_tell(tmp_path: Path, file: str, content: bytes) -> None:
    model = write_model(tmp_path)
    (model / file).write_bytes(content)
    assert measure(model) is None


@pytest.mark.parametrize("number", [0, -1, "12", 1.5, float("inf"), [4]])
@pytest.mark.parametrize("name", ["num_attention_heads", "num_hidden_layers", "max_position_embeddings"])
def test_a_model_that_lies(tmp_path: Path, name: str, number: object) -> None:
    config = {**CONFIG, "head_dim": None, name: number}
    (write_model(tmp_path) / "config.json").write_text(json.dumps(config))
    assert measure(tmp_path) is None


@pytest.mark.parametrize("shape", [["x"], [1.5], None, 7, [-1], [[2]]])
def test_a_tensor_that_has_no_shape(tmp_path: Path, shape: object) -> None:
    write_weights(write_model(tmp_path) / "model.safetensors", {"w": {"shape": shape}})
    assert measure(tmp_path) is None
