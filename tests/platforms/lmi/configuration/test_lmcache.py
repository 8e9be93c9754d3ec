import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find

CONNECTED = {"OPTION_KV_TRANSFER_CONFIG": '{"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both"}'}
AUTO = {"OPTION_LMCACHE_AUTO_CONFIG": "true"}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image with LMCache in it."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: ModuleSpec(name, None) if name == "lmcache" else find_spec(name)
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text("{}")
    path = tmp_path / "lmcache.yaml"
    path.write_text("chunk_size: 256\n")
    return path


def test_a_connector() -> None:
    resolution = on_lmi(CONNECTED)
    assert resolution.value("kv_transfer_config") == {"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both"}
    assert resolution.errors == resolution.warnings == ()


def test_a_connector_of_its_own_accord() -> None:
    resolution = on_lmi(AUTO)
    setting = find(resolution, "kv_transfer_config")
    assert setting.value == {"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both"}
    assert setting.source == "variable OPTION_LMCACHE_AUTO_CONFIG"
    (warning,) = resolution.warnings
    assert "LMCache has its own defaults" in warning


def test_a_connector_that_is_given_counts() -> None:
    resolution = on_lmi({**AUTO, **CONNECTED})
    assert find(resolution, "kv_transfer_config").source == "variable OPTION_KV_TRANSFER_CONFIG"
    assert resolution.warnings == ()


@pytest.mark.parametrize("name", ["lmcache.yaml", "./lmcache.yaml"])
def test_a_file_in_the_model_directory(file: Path, name: str) -> None:
    resolution = on_lmi({**CONNECTED, "OPTION_LMCACHE_CONFIG_FILE": name}, "--model-dir", str(file.parent))
    assert resolution.value("lmcache_config_file") == str(file)
    assert resolution.environment["LMCACHE_CONFIG_FILE"] == str(file)
    assert resolution.errors == resolution.warnings == ()


def test_a_file_elsewhere(file: Path) -> None:
    resolution = on_lmi({**CONNECTED, "OPTION_LMCACHE_CONFIG_FILE": str(file)})
    assert resolution.environment["LMCACHE_CONFIG_FILE"] == str(file)
    assert resolution.errors == ()


def test_a_file_that_is_not_there(file: Path) -> None:
    resolution = on_lmi({**CONNECTED, "OPTION_LMCACHE_CONFIG_FILE": "other.yaml"}, "--model-dir", str(file.parent))
    (error,) = resolution.errors
    assert error == (
        "lmcache_config_file 'other.yaml' (variable OPTION_LMCACHE_CONFIG_FILE) is not a file: "
        f"there is no {file.with_name('other.yaml')}"
    )


def test_a_file_that_nothing_reads(file: Path) -> None:
    (warning,) = on_lmi({"OPTION_LMCACHE_CONFIG_FILE": str(file)}).warnings
    assert warning.endswith("is ignored: set kv_transfer_config or lmcache_auto_config")


def test_an_image_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (warning,) = on_lmi(CONNECTED).warnings
    assert warning.endswith("needs LMCache, which is not installed here: add lmcache to the image")
