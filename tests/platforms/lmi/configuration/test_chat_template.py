from pathlib import Path

import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template in a model directory."""
    (tmp_path / "config.json").write_text("{}")
    path = tmp_path / "chat.jinja"
    path.write_text("{{ messages }}")
    return path


def test_a_file_in_the_model_directory(template: Path) -> None:
    resolution = on_lmi({"OPTION_CHAT_TEMPLATE": "chat.jinja"}, "--model-dir", str(template.parent))
    setting = find(resolution, "chat_template")
    assert (setting.value, setting.source) == (str(template), "variable OPTION_CHAT_TEMPLATE")
    assert resolution.errors == ()


@pytest.mark.parametrize("text", ["{{ messages }}", "no-such.jinja"])
def test_anything_else_stays_what_it_is(template: Path, text: str) -> None:
    resolution = on_lmi({"OPTION_CHAT_TEMPLATE": text}, "--model-dir", str(template.parent))
    assert resolution.value("chat_template") == text


def test_a_flag_counts_from_the_working_directory(template: Path) -> None:
    resolution = on_lmi({}, "--chat-template", "chat.jinja", "--model-dir", str(template.parent))
    assert resolution.value("chat_template") == "chat.jinja"
