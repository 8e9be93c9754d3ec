import json
from pathlib import Path

import pytest

from dragoman.downloads.repositories import Repository, repositories, shards_in

CACHE = {"HF_HUB_CACHE": "/cache"}


def test_the_model_is_what_vllm_will_look_for() -> None:
    flags = ["--model", "org/name", "--revision", "v1", "--load-format", "safetensors", "--hf-token", "hf_secret"]
    [model] = repositories([*flags, "--ignore-patterns", "a/*", "b/*"], CACHE)
    assert model == Repository("org/name", "v1", Path("/cache"), "hf_secret", "safetensors", ("a/*", "b/*"))


@pytest.mark.parametrize(
    ("flags", "field", "value"),
    [
        ([], "load_format", "auto"),
        ([], "ignored", ("original/**/*",)),
        (["--load-format", "dummy"], "load_format", None),
        (["--download-dir", "/volume"], "cache", Path("/volume")),
        (["--hf-token"], "token", None),
    ],
)
def test_what_the_settings_make_of_it(flags: list[str], field: str, value: object) -> None:
    [model] = repositories(["--model", "org/name", *flags], CACHE)
    assert getattr(model, field) == value


def test_a_tokenizer_of_its_own_has_no_weights() -> None:
    flags = ["--model", "org/name", "--revision", "v1", "--download-dir", "/volume", "--tokenizer", "org/other"]
    _, tokenizer = repositories(flags, CACHE)
    assert tokenizer == Repository("org/other", "v1", Path("/cache"), load_format=None, ignored=("original/**/*",))


@pytest.mark.parametrize("flags", [[], ["--tokenizer", "org/other"]])
def test_without_a_model_there_is_nothing(flags: list[str]) -> None:
    assert list(repositories(flags, CACHE)) == []


@pytest.mark.parametrize(
    ("name", "on_hub"),
    [("org/name", True), ("gpt2", True), ("/models/x", False), ("./x", False), ("s3://b/p", False), ("o/n:Q4", False)],
)
def test_what_can_be_on_the_hub(name: str, on_hub: bool) -> None:
    assert Repository(name, None, Path("/cache")).on_hub is on_hub


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """The directory of a snapshot in huggingface_hub's cache."""
    repository = tmp_path / "models--org--name"
    directory = repository / "snapshots" / "abc"
    directory.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    return directory


INDEX = json.dumps({"weight_map": {"x": "1.safetensors", "y": "2.safetensors"}})


@pytest.mark.parametrize(
    ("files", "whole"),
    [
        ({"config.json": "{}", "model.safetensors": ""}, True),
        ({"config.json": "{}"}, False),
        ({"model.safetensors": ""}, False),
        ({"config.json": "{}", "model.safetensors.index.json": INDEX, "1.safetensors": ""}, False),
        ({"config.json": "{}", "model.safetensors.index.json": INDEX, "1.safetensors": "", "2.safetensors": ""}, True),
    ],
)
def test_whether_all_of_a_model_is_in_the_cache(
    snapshot: Path, tmp_path: Path, files: dict[str, str], whole: bool
) -> None:
    for name, text in files.items():
        (snapshot / name).write_text(text)
    assert Repository("org/name", None, tmp_path, load_format="auto").local() == (snapshot if whole else None)


def test_the_files_of_a_model_that_is_here(tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors", "pytorch_model.bin"):
        (tmp_path / name).touch()
    model = Repository(str(tmp_path), None, tmp_path, load_format="auto")
    assert model.files(tmp_path) == [tmp_path / "config.json", tmp_path / "model.safetensors"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"weight_map": []}'])
def test_an_index_that_is_none_names_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(text)
    assert shards_in(tmp_path) == []
