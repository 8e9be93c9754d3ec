import json
from pathlib import Path

import pytest

from dragoman.platforms.runpod.baking import hub, record, sources
from dragoman.platforms.runpod.configuration import baked
from dragoman.settings.resolution import settle
from dragoman.settings.worker import load_catalogue
from tests.settings.resolutions import find, on_runpod


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "local_model_args.json"
    monkeypatch.setattr(baked, "ARGUMENTS", path)
    return path


def test_the_file_has_the_keys_of_runpods_worker(file: Path) -> None:
    values = {"model": "/m", "revision": "v1", "tokenizer": "/t", "quantization": "awq", "lora_modules": [], "x": 1}
    assert record(values, "org/m") == file
    assert json.loads(file.read_text()) == {
        "MODEL_NAME": "/m",
        "MODEL_REVISION": "v1",
        "TOKENIZER_NAME": "/t",
        "QUANTIZATION": "awq",
        "SERVED_MODEL_NAME": "org/m",
    }
    assert file.stat().st_mode & 0o777 == 0o644


def test_the_worker_finds_all_of_it(file: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    place = str(tmp_path)
    adapters = [{"name": "a", "path": place}]
    speculation = {"method": "eagle", "model": place, "num_speculative_tokens": 2}
    record({"model": place, "tokenizer": place, "lora_modules": adapters, "speculative_config": speculation}, "org/m")
    resolution = on_runpod({"MODEL_NAME": "org/m", "LORA_MODULES": "a=org/a"})
    assert resolution.errors == resolution.warnings == ()
    assert find(resolution, "model").source == f"{file} key MODEL_NAME"
    assert resolution.value("lora_modules") == adapters
    assert resolution.value("speculative_config") == speculation
    assert resolution.value("served_model_name") == ["org/m"]
    assert resolution.environment["HF_HUB_OFFLINE"] == "1"


def test_a_build_does_not_read_what_an_earlier_one_has_baked(file: Path) -> None:
    file.write_text('{"MODEL_NAME": "/m"}')
    settled = settle(load_catalogue([]), sources({}, {"model"}))
    assert "model" not in settled


def test_the_cache_is_where_the_worker_looks() -> None:
    environment = on_runpod({"BASE_PATH": "/tmp/models", "MODEL_NAME": "org/m"}).environment
    assert environment["HF_HUB_CACHE"] == str(hub(Path("/tmp/models")))
