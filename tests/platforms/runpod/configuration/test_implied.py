import pytest

from dragoman.platforms.runpod.configuration import implied
from dragoman.settings import checks
from tests.settings.resolutions import find, on_runpod


def test_adapters_switch_adapters_on() -> None:
    setting = find(on_runpod({"LORA_MODULES": "a=o/a"}), "enable_lora")
    assert (setting.value, setting.source) == (True, "variable LORA_MODULES")


def test_outputs_switch_requests_on() -> None:
    setting = find(on_runpod({"ENABLE_LOG_OUTPUTS": "1"}), "enable_log_requests")
    assert (setting.value, setting.source) == (True, "variable ENABLE_LOG_OUTPUTS")


def test_the_users_word_on_the_cache_manager() -> None:
    environment = {"KV_OFFLOADING_BACKEND": "lmcache", "DISABLE_HYBRID_KV_CACHE_MANAGER": "0"}
    assert on_runpod(environment).value("disable_hybrid_kv_cache_manager") is False


def test_a_plugin_may_know_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (implied, checks):
        monkeypatch.setattr(module, "has_plugins", lambda: True)
    resolution = on_runpod({"LOAD_FORMAT": "bitsandbytes"})
    assert resolution.value("quantization") == "bitsandbytes"
    assert resolution.errors == ()
