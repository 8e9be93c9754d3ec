import json
from pathlib import Path

import pytest

from dragoman.models import MINI
from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find

LORA = {"OPTION_ENABLE_LORA": "true"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model directory with adapters a and b in it."""
    (tmp_path / "config.json").write_bytes((MINI / "config.json").read_bytes())
    for name, rank in (("b", 8), ("a", 16)):
        add_adapter(tmp_path, name, rank)
    return tmp_path


def add_adapter(model: Path, name: str, rank: int) -> Path:
    directory = model / "adapters" / name
    directory.mkdir(parents=True)
    (directory / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank}))
    return directory


def test_the_adapters_in_the_model_directory(model: Path) -> None:
    resolution = on_lmi(LORA, "--model-dir", str(model))
    modules = find(resolution, "lora_modules")
    assert modules.value == [{"name": name, "path": str(model / "adapters" / name)} for name in ("a", "b")]
    assert modules.source == str(model / "adapters")
    assert resolution.errors == resolution.warnings == ()


def test_their_places_do_not_depend_on_where_the_worker_runs(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.parent)
    modules = on_lmi(LORA, "--model-dir", model.name).value("lora_modules")
    assert [module["path"] for module in modules] == [str(model / "adapters" / name) for name in ("a", "b")]


def test_a_model_that_an_option_names(model: Path) -> None:
    resolution = on_lmi({**LORA, "OPTION_MODEL_ID": str(model)})
    assert [module["name"] for module in resolution.value("lora_modules")] == ["a", "b"]


def test_adapters_that_are_named_count(model: Path) -> None:
    modules = find(on_lmi(LORA, "--model-dir", str(model), "--lora-modules", "a=org/a"), "lora_modules")
    assert modules.value == [{"name": "a", "path": "org/a"}, {"name": "b", "path": str(model / "adapters" / "b")}]
    assert modules.source == f"command line and {model / 'adapters'}"


def test_adapters_without_the_switch(model: Path) -> None:
    resolution = on_lmi({}, "--model-dir", str(model))
    assert resolution.value("lora_modules") is None
    assert resolution.warnings == (
        f"the adapters a, b in {model / 'adapters'} are not served: set option.enable_lora=true",
    )


def test_a_rank_that_is_too_large(model: Path) -> None:
    directory = add_adapter(model, "c", 64)
    resolution = on_lmi(LORA, "--model-dir", str(model))
    assert resolution.errors == (
        f"the adapter in {directory} has rank 64, which is more than max_lora_rank 16: set option.max_lora_rank=64",
    )
    assert on_lmi({**LORA, "OPTION_MAX_LORA_RANK": "64"}, "--model-dir", str(model)).errors == ()


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_broken_adapter(model: Path, text: str) -> None:
    directory = model / "adapters" / "a"
    (directory / "adapter_config.json").write_text(text)
    (error,) = on_lmi(LORA, "--model-dir", str(model)).errors
    assert error == f"the adapter in {directory} has no adapter_config.json that can be read"


def test_other_directories_are_no_adapters(model: Path) -> None:
    notes = model / "adapters" / "notes"
    notes.mkdir()
    (model / "adapters" / "README.md").touch()
    add_adapter(model, ".ipynb_checkpoints", 8)
    resolution = on_lmi(LORA, "--model-dir", str(model))
    assert len(resolution.value("lora_modules")) == 2
    assert resolution.warnings == (f"{notes} is no adapter: it has no adapter_config.json that can be read",)
    assert not any("notes" in warning for warning in on_lmi({}, "--model-dir", str(model)).warnings)


def test_where_the_slots_come_from() -> None:
    setting = find(on_lmi(LORA), "max_loras")
    assert (setting.value, setting.source) == (4, "worker default on LMI")
    assert find(on_lmi({}), "max_loras").source == "vLLM default"
