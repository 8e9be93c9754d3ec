import json
from pathlib import Path

import pytest

from bench import drum
from bench.drum import CustomModel, Dragoman, Drum, engine_config, parameter
from bench.errors import BenchError

MODEL = CustomModel(Path("/opt/code"), parameter("max_tokens", "numeric", 16))


def test_a_custom_model_has_the_variables_of_its_deployment() -> None:
    environment = MODEL.environment
    assert environment["CODE_DIR"] == "/opt/code"
    assert environment["TARGET_NAME"]
    assert json.loads(environment["MLOPS_RUNTIME_PARAM_max_tokens"]) == {"type": "numeric", "payload": 16}


def test_the_engine_config_has_nothing_but_arguments() -> None:
    assert json.loads(engine_config("--model", "mini")) == {"args": ["--model", "mini"]}


def test_each_is_told_its_address_in_its_own_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drum, "PROGRAM", tmp_path)
    one, other = Drum(MODEL, tmp_path / "log"), Dragoman(MODEL, tmp_path / "log")
    assert one.address() == ("--address", f"127.0.0.1:{one.port}")
    assert other.address() == ("--host", "127.0.0.1", "--port", str(other.port))


def test_drum_that_is_not_installed_is_an_error_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drum, "PROGRAM", tmp_path / "drum")
    with pytest.raises(BenchError, match="scripts/install-drum"):
        Drum(MODEL, tmp_path / "log")
