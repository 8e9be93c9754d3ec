import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find

DRAFT = {"OPTION_DRAFT_MODEL_ID": "org/eagle", "OPTION_SPEC_LENGTH": "5"}


def test_the_name_tells_the_method() -> None:
    resolution = on_lmi(DRAFT)
    setting = find(resolution, "speculative_config")
    assert setting.value == {"method": "eagle", "model": "org/eagle", "num_speculative_tokens": 5}
    assert setting.source == "variable OPTION_DRAFT_MODEL_ID"
    (warning,) = resolution.warnings
    assert "became speculative_config" in warning


@pytest.mark.parametrize("length", [{}, {"OPTION_SPEC_LENGTH": "0"}])
def test_nothing_to_speculate(length: dict[str, str]) -> None:
    resolution = on_lmi({"OPTION_DRAFT_MODEL_ID": "org/d", **length})
    assert resolution.value("speculative_config") is None
    assert resolution.errors == ()
    assert resolution.warnings == (
        "draft_model_id 'org/d' (variable OPTION_DRAFT_MODEL_ID) is ignored: set spec_length to how many tokens to "
        "speculate, such as 5",
    )


def test_a_configuration_counts() -> None:
    config = '{"method": "ngram", "num_speculative_tokens": 2}'
    resolution = on_lmi({**DRAFT, "OPTION_SPECULATIVE_CONFIG": config})
    assert resolution.value("speculative_config")["method"] == "ngram"
    (warning,) = resolution.warnings
    assert "gives way to speculative_config" in warning
