from pathlib import Path

import pytest

from dragoman.platforms.lmi.adapters.places import directory, model_directory
from dragoman.platforms.lmi.errors import HandlerError
from tests.platforms.lmi.adapters.lora_engine import adapter_in


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/opt/ml/model", "/opt/ml/model"),
        ("file:///opt/ml/model/", "/opt/ml/model"),
        ("file:///opt/my%20model", "/opt/my model"),
        ("/opt/my%20model", "/opt/my%20model"),
    ],
)
def test_where_the_model_is(url: str, path: str) -> None:
    assert model_directory(url) == Path(path)


@pytest.mark.parametrize("url", ["s3://bucket/model", "org/model"])
def test_a_model_elsewhere_has_no_directory(url: str) -> None:
    assert not model_directory(url).exists()


def test_an_absolute_path_is_where_it_says(tmp_path: Path) -> None:
    src = adapter_in(tmp_path / "one")
    assert directory(src, Path("/nowhere")) == Path(src)


def test_a_relative_path_is_within_the_model(tmp_path: Path) -> None:
    src = adapter_in(tmp_path / "model" / "adapters" / "one")
    assert directory("adapters/one", tmp_path / "model") == Path(src)


@pytest.mark.parametrize(
    ("src", "reason"),
    [
        ("s3://bucket/one", "Only local LoRA models are supported. s3://bucket/one is not a valid path"),
        ("https://example.com/one", "is not a valid path"),
        ("file:///opt/one", "is not a valid path"),
        ("/no/such/place", "/no/such/place is not a valid path: it does not exist"),
        ("org/adapter-on-the-hub", "is not a valid path: it does not exist"),
        ("nul\0byte", "it does not exist"),
        ("long" * 2000, "it does not exist"),
        ("empty", "empty is not a LoRA adapter: there is no adapter_config.json in it"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, src: str, reason: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(HandlerError) as refused:
        directory(src, tmp_path)
    assert reason in str(refused.value)
    assert refused.value.status == 424


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"adapter_config.json": "{"}, "its adapter_config.json is no JSON object"),
        ({"adapter_config.json": "[]"}, "its adapter_config.json is no JSON object"),
        ({"adapter_config.json": "{}"}, "there is none of adapter_model.safetensors, adapter_model.bin"),
        ({"adapter_config.json": "{}", "model.safetensors": ""}, "there is none of adapter_model.safetensors"),
        ({"adapter_model.bin": ""}, "there is no adapter_config.json in it"),
    ],
)
def test_a_directory_that_vllm_could_not_load_is_refused(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(HandlerError, match=f"is not a LoRA adapter: {reason}"):
        directory(str(tmp_path), Path("/nowhere"))


@pytest.mark.parametrize("weights", ["adapter_model.safetensors", "adapter_model.bin", "adapter_model.pt"])
def test_weights_have_the_names_that_vllm_looks_for(tmp_path: Path, weights: str) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / weights).touch()
    assert directory(str(tmp_path), Path("/nowhere")) == tmp_path
