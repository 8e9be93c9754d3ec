import pytest

from dragoman.downloads.files import configuration_files, weight_files

COMMON = ["config.json", "tokenizer.json", "README.md", "modeling.py"]
SHARDED = ["model-1-of-2.safetensors", "model-2-of-2.safetensors"]


@pytest.mark.parametrize(
    ("files", "load_format", "weights"),
    [
        (["model.safetensors", "pytorch_model.bin"], "auto", ["model.safetensors"]),
        (["pytorch_model.bin", "x.pt"], "auto", ["pytorch_model.bin"]),
        (["x.pt"], "auto", ["x.pt"]),
        (["model.safetensors", "consolidated.safetensors"], "auto", ["consolidated.safetensors"]),
        (["model.safetensors", "consolidated.safetensors"], "mistral", ["consolidated.safetensors"]),
        (["model.safetensors", "pytorch_model.bin"], "npcache", ["pytorch_model.bin"]),
        (["model.safetensors", "x.pt"], "pt", ["x.pt"]),
        (["pytorch_model.bin"], "safetensors", []),
        (["model.safetensors", "original/a/model.safetensors"], "auto", ["model.safetensors"]),
        ([], "auto", []),
    ],
)
def test_the_weights_are_those_that_vllm_would_choose(files: list[str], load_format: str, weights: list[str]) -> None:
    assert weight_files([*COMMON, *files], load_format, ["original/**/*"]) == weights


def test_an_index_says_which_files_are_the_weights() -> None:
    files = [*SHARDED, "other.safetensors"]
    assert weight_files(files, "auto", shards=SHARDED) == SHARDED


def test_what_is_ignored_is_left_out() -> None:
    assert weight_files(["a.safetensors", "b.safetensors"], "auto", ["b.*"]) == ["a.safetensors"]


def test_what_is_no_weights_is_configuration() -> None:
    assert configuration_files([*COMMON, *SHARDED, "onnx/model.onnx", "photo.png"]) == COMMON
