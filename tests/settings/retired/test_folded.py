import json

import pytest

from tests.settings.resolutions import find, on_plain


@pytest.mark.parametrize(
    ("environment", "name", "value"),
    [
        ({"GUIDED_DECODING_BACKEND": "outlines"}, "structured_outputs_config", {"backend": "outlines"}),
        (
            {"GUIDED_DECODING_BACKEND": "xgrammar:no-fallback,disable-any-whitespace"},
            "structured_outputs_config",
            {"backend": "xgrammar", "disable_any_whitespace": True},
        ),
        (
            {"GUIDED_DECODING_DISABLE_ANY_WHITESPACE": "1", "GUIDED_DECODING_DISABLE_ADDITIONAL_PROPERTIES": "0"},
            "structured_outputs_config",
            {"backend": "xgrammar", "disable_any_whitespace": True},
        ),
        (
            {"GUIDED_DECODING_DISABLE_ANY_WHITESPACE": "1", "GUIDED_DECODING_DISABLE_ADDITIONAL_PROPERTIES": "1"},
            "structured_outputs_config",
            {"backend": "guidance", "disable_any_whitespace": True, "disable_additional_properties": True},
        ),
        (
            {"EPLB_LOG_BALANCEDNESS": "1", "EPLB_STEP_INTERVAL": "5", "EPLB_WINDOW_SIZE": "6"},
            "eplb_config",
            {"log_balancedness": True, "step_interval": 5, "window_size": 6},
        ),
    ],
)
def test_fields(environment: dict[str, str], name: str, value: dict[str, object]) -> None:
    resolution = on_plain(environment)
    assert find(resolution, name).value == value
    assert len(resolution.warnings) == 1
    assert resolution.errors == ()


def test_redundant_experts() -> None:
    environment = {"NUM_REDUNDANT_EXPERTS": "2", "ENABLE_EPLB": "1", "ENABLE_EXPERT_PARALLEL": "1"}
    assert find(on_plain(environment), "eplb_config").value == {"num_redundant_experts": 2}


def test_the_object_wins_in_the_same_place() -> None:
    config = json.dumps({"backend": "guidance", "disable_any_whitespace": True})
    resolution = on_plain({"GUIDED_DECODING_BACKEND": "outlines", "STRUCTURED_OUTPUTS_CONFIG": config})
    setting = find(resolution, "structured_outputs_config")
    assert setting.value == {"backend": "guidance", "disable_any_whitespace": True}
    assert (setting.source, setting.overridden) == ("variable STRUCTURED_OUTPUTS_CONFIG", ())
    (warning,) = resolution.warnings
    assert "(variable GUIDED_DECODING_BACKEND) gives way to structured_outputs_config" in warning


def test_the_stronger_source_wins() -> None:
    config = json.dumps({"backend": "guidance", "disable_any_whitespace": True})
    setting = find(
        on_plain({"STRUCTURED_OUTPUTS_CONFIG": config}, "--guided-decoding-backend", "xgrammar"),
        "structured_outputs_config",
    )
    assert setting.value == {"backend": "xgrammar", "disable_any_whitespace": True}
    assert setting.source == "command line and variable STRUCTURED_OUTPUTS_CONFIG"
    assert setting.overridden == ((json.loads(config), "variable STRUCTURED_OUTPUTS_CONFIG"),)


def test_what_happens_anyway() -> None:
    resolution = on_plain({"EPLB_LOG_BALANCEDNESS": "false", "NUM_REDUNDANT_EXPERTS": "0"})
    assert resolution.engine_args == ("--model", "org/m")
    assert resolution.warnings == resolution.errors == ()
