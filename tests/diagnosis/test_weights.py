import os
from pathlib import Path

import pytest

from dragoman.diagnosis.weights import Weights, examined
from dragoman.downloads.repositories import Repository
from dragoman.models import MINI

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 6038008\n"
INDEX = '{"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}'
WHOLE = (MINI / "model.safetensors").read_bytes()


def looked_at(directory: Path, **files: bytes) -> Weights:
    (directory / "config.json").write_text("{}")
    for name, content in files.items():
        (directory / name.replace("__", ".")).write_bytes(content)
    return examined(Repository(str(directory), None, Path("/none"), load_format="auto"), directory)


def test_the_bundled_model_is_whole() -> None:
    weights = examined(Repository(str(MINI), None, Path("/none"), load_format="auto"), MINI)
    assert weights == Weights(1)
    assert weights.is_whole


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WHOLE[:-1000], "it is shorter than its header says"),
        (b"", "it is empty"),
        (b"\xff" * 100, "its header is damaged"),
        (b"\x02\0\0\0\0\0\0\0{", "its header is damaged"),
    ],
)
def test_broken(tmp_path: Path, content: bytes, reason: str) -> None:
    weights = looked_at(tmp_path, model__safetensors=content)
    assert weights.broken["model.safetensors"].startswith(reason)
    assert not weights.is_whole


def test_pointers_are_not_broken_files(tmp_path: Path) -> None:
    weights = looked_at(tmp_path, model__safetensors=POINTER)
    assert (weights.pointers, weights.broken) == (("model.safetensors",), {})


def test_a_shard_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(INDEX)
    weights = looked_at(tmp_path, model__safetensors=WHOLE)
    assert weights.missing == ("model-2.safetensors",)


@pytest.mark.parametrize(
    "index", ["[", "[]", "7", "{}", '{"weight_map": []}', '{"weight_map": {"a": 1}}', '{"weight_map": {"a": null}}']
)
def test_an_index_that_is_none(tmp_path: Path, index: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(index)
    weights = looked_at(tmp_path, model__safetensors=WHOLE)
    assert weights.broken == {"model.safetensors.index.json": "it is no index"}
    assert not weights.is_whole


def test_a_pipe_in_place_of_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.safetensors")
    assert looked_at(tmp_path).broken == {"model.safetensors": "it is not a file"}


def test_none(tmp_path: Path) -> None:
    weights = looked_at(tmp_path)
    assert (weights.count, weights.is_whole) == (0, False)


def test_other_formats(tmp_path: Path) -> None:
    assert looked_at(tmp_path, pytorch_model__bin=b"PK\x03\x04").is_whole


def test_downloads_that_were_cut_short(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--org--m" / "snapshots" / "abc"
    blobs = tmp_path / "models--org--m" / "blobs"
    for directory in (snapshot, blobs):
        directory.mkdir(parents=True)
    (blobs / "123.incomplete").touch()
    weights = examined(Repository("org/m", "abc", tmp_path, load_format="auto"), snapshot)
    assert weights.unfinished == ("123.incomplete",)
