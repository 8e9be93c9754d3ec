import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.plain.settings import PLATFORM
from dragoman.settings.catalogue import Setting
from dragoman.settings.command_line import read_command_line
from dragoman.settings.values import Value
from dragoman.written.spellings import positional, raw_flag, text, tokens, variable

CATALOGUE = catalogue_of(PLATFORM)

ROWS = [
    ("max_model_len", 8192, "8192", ("--max-model-len", "8192")),
    ("max_model_len", -1, "auto", ("--max-model-len", "auto")),
    ("enforce_eager", True, "true", ("--enforce-eager",)),
    ("enable_prefix_caching", False, "false", ("--no-enable-prefix-caching",)),
    ("startup_plan", False, "false", ("--startup-plan", "false")),
    ("gpu_memory_utilization", 0.95, "0.95", ("--gpu-memory-utilization", "0.95")),
    ("seed", -3, "-3", ("--seed=-3",)),
    ("served_model_name", ["a", "b"], "a,b", ("--served-model-name", "a", "b")),
    ("served_model_name", ["a b"], '["a b"]', ("--served-model-name", "a b")),
    ("ignore_patterns", ["a,b"], '["a,b"]', ("--ignore-patterns", "a,b")),
    ("hf_overrides", {"a": [1, "é"]}, '{"a": [1, "\\u00e9"]}', ("--hf-overrides", '{"a": [1, "\\u00e9"]}')),
    ("lora_modules", [{"name": "a", "path": "b"}], '[{"name": "a", "path": "b"}]', None),
    ("allowed_origins", ["*"], '["*"]', ("--allowed-origins", '["*"]')),
    ("middleware", ["a.b", "c.d"], "a.b,c.d", ("--middleware", "a.b", "--middleware", "c.d")),
    ("device_ids", [0, 1], "0,1", ("--device-ids", "0,1")),
    ("revision", " # $x", " # $x", ("--revision", " # $x")),
]


@pytest.mark.parametrize(("name", "value", "said", "flags"), ROWS)
def test_how_a_value_is_said(name: str, value: Value, said: str, flags: tuple[str, ...] | None) -> None:
    setting = CATALOGUE[name]
    assert text(setting, value) == said
    assert setting.parse(said) == value
    assert flags is None or tokens(setting, value) == flags
    assert parsed(setting, tokens(setting, value)) == value


def parsed(setting: Setting, said: tuple[str, ...]) -> Value:
    (assignment,) = read_command_line(said, CATALOGUE, "test").assignments
    return setting.parse(assignment.raw)


def test_a_switch_that_is_off_anyway_is_not_said() -> None:
    assert tokens(CATALOGUE["disable_log_stats"], False) == ()
    assert list(raw_flag(CATALOGUE["disable_log_stats"], False)) == []


@pytest.mark.parametrize(("model", "said"), [("org/m", ("org/m",)), ("-m", ("--model=-m",)), ("- m", ("- m",))])
def test_the_model_needs_no_flag(model: str, said: tuple[str, ...]) -> None:
    assert positional(model) == said


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\0"])
def test_a_line_holds_no_line_break(value: str) -> None:
    assert list(variable("A", value)) == []
    assert list(raw_flag(CATALOGUE["revision"], value)) == []
