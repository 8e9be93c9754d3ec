import json
from pathlib import Path

import pytest

from dragoman.platforms.runpod.configuration.model_cache import HUB, is_complete
from tests.settings.resolutions import find, on_runpod


def keep(volume: Path, name: str, commit: str = "c1", **files: str) -> Path:
    """Put a model into the volume's cache, as the hub does: names that point to blobs."""
    repository = volume / HUB / ("models--" + name.replace("/", "--"))
    directory = repository / "snapshots" / commit
    for each in (repository / "blobs", repository / "refs", directory):
        each.mkdir(parents=True, exist_ok=True)
    (repository / "refs" / "main").write_text(commit)
    for file, text in ({"config.json": "{}", "model.safetensors": ""} | files).items():
        blob = repository / "blobs" / f"{commit}-{file}"
        blob.write_text(text)
        (directory / file).symlink_to(blob)
    return directory


@pytest.mark.parametrize("kept", ["Org/Name", "org/name"])
def test_the_model_is_its_directory_and_keeps_its_name(tmp_path: Path, kept: str) -> None:
    directory = keep(tmp_path, kept)
    resolution = on_runpod({"MODEL_NAME": "Org/Name", "BASE_PATH": str(tmp_path)})
    model = find(resolution, "model")
    assert (model.value, model.source) == (str(directory), "variable MODEL_NAME, found in the model cache")
    assert model.overridden == (("Org/Name", "variable MODEL_NAME"),)
    assert resolution.engine_args == ("--model", str(directory), "--served-model-name", "Org/Name")
    assert resolution.errors == resolution.warnings == ()


def test_a_name_without_an_organisation(tmp_path: Path) -> None:
    directory = keep(tmp_path, "gpt2")
    resolution = on_runpod({"MODEL_NAME": "gpt2", "BASE_PATH": str(tmp_path)})
    assert (resolution.value("model"), resolution.value("served_model_name")) == (str(directory), ["gpt2"])


def test_other_names_beside_its_own(tmp_path: Path) -> None:
    keep(tmp_path, "org/m")
    resolution = on_runpod({"BASE_PATH": str(tmp_path), "OPENAI_SERVED_MODEL_NAME_OVERRIDE": "gpt"})
    assert resolution.value("served_model_name") == ["gpt", "org/m"]


def test_a_revision(tmp_path: Path) -> None:
    old = keep(tmp_path, "org/m", "c1")
    keep(tmp_path, "org/m", "c2")
    assert on_runpod({"BASE_PATH": str(tmp_path), "REVISION": "c1"}).value("model") == str(old)
    assert on_runpod({"BASE_PATH": str(tmp_path), "REVISION": "c3"}).value("model") == "org/m"


def test_the_scaling_of_positions_knows_the_models_own(tmp_path: Path) -> None:
    keep(tmp_path, "org/m", **{"config.json": '{"rope_theta": 7}'})
    resolution = on_runpod({"BASE_PATH": str(tmp_path), "ROPE_SCALING": '{"type": "linear", "factor": 2}'})
    assert resolution.value("hf_overrides")["rope_parameters"]["rope_theta"] == 7


def test_an_unfinished_download(tmp_path: Path) -> None:
    directory = keep(tmp_path, "org/m")
    (directory.parent.parent / "blobs" / "abc.incomplete").touch()
    assert on_runpod({"BASE_PATH": str(tmp_path)}).value("model") == "org/m"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_missing_file(tmp_path: Path, missing: str) -> None:
    directory = keep(tmp_path, "org/m")
    (directory.parent.parent / "blobs" / f"c1-{missing}").unlink()
    assert not is_complete(directory)


@pytest.mark.parametrize(
    ("index", "complete"),
    [
        ({"weight_map": {"a": "model.safetensors"}}, True),
        ({"weight_map": {"a": "model.safetensors", "b": "other.safetensors"}}, False),
        ({}, False),
        ([], False),
    ],
)
def test_an_index(tmp_path: Path, index: object, complete: bool) -> None:
    directory = keep(tmp_path, "org/m", **{"model.safetensors.index.json": json.dumps(index)})
    assert is_complete(directory) == complete
