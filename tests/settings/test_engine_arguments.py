import pytest

from dragoman.settings.engine_arguments import engine_arguments
from dragoman.settings.worker import load_catalogue

CATALOGUE = load_catalogue(["plain"])


@pytest.mark.parametrize(
    ("name", "value", "tokens"),
    [
        ("max_model_len", 4096, ["--max-model-len", "4096"]),
        ("max_model_len", -1, ["--max-model-len", "auto"]),
        ("enforce_eager", True, ["--enforce-eager"]),
        ("enforce_eager", False, ["--no-enforce-eager"]),
        ("disable_log_stats", True, ["--disable-log-stats"]),
        ("disable_log_stats", False, []),
        ("hf_token", True, ["--hf-token"]),
        ("hf_token", "abc", ["--hf-token", "abc"]),
        ("served_model_name", ["a", "b c"], ["--served-model-name", "a", "b c"]),
        ("served_model_name", ["-a"], ["--served-model-name=-a"]),
        ("middleware", ["a.b", "c.d"], ["--middleware", "a.b", "--middleware", "c.d"]),
        ("hf_overrides", {"a": 1}, ["--hf-overrides", '{"a": 1}']),
        ("hf_overrides", "package.function", ["--hf-overrides", "package.function"]),
        ("allowed_origins", ["*"], ["--allowed-origins", '["*"]']),
        ("lora_modules", [{"name": "a", "path": "b"}], ["--lora-modules", '{"name": "a", "path": "b"}']),
        ("device_ids", [2, "GPU-1"], ["--device-ids", "2,GPU-1"]),
        ("chat_template", "-{{ x }}", ["--chat-template=-{{ x }}"]),
    ],
)
def test_tokens(name: str, value: object, tokens: list[str]) -> None:
    assert list(engine_arguments(CATALOGUE[name], value)) == tokens
