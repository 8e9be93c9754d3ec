from pathlib import Path

import pytest

from dragoman.platforms.runpod.configuration.chat_template import as_template
from tests.settings.resolutions import find, on_runpod


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("{{ x }}", "{{ x }}"),
        (r"{{ x }}\n", "{{ x }}\n"),
        (r"a\nb", "a\nb"),
        (r"{{ 'a\n' }}", "{{ 'a\n' }}"),
        ("{{ x }}\n" + r"\n", "{{ x }}\n" + r"\n"),
        (r"{{ '\\n' }}", r"{{ '\\n' }}"),
        (r"{{ '\\\n' }}", "{{ '" + r"\\" + "\n' }}"),
        ("hello", "{# #}hello"),
        ("template_chatml.jinja", "template_chatml.jinja"),
        ("/no/such/file", "/no/such/file"),
    ],
)
def test_templates(text: str, template: str) -> None:
    assert as_template(text) == template


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "template.jinja"
    file.write_text("{{ x }}")
    assert on_runpod({"CUSTOM_CHAT_TEMPLATE": str(file)}).value("chat_template") == str(file)


def test_where_it_comes_from() -> None:
    setting = find(on_runpod({"CUSTOM_CHAT_TEMPLATE": "{{ x }}", "CHAT_TEMPLATE": "{{ y }}"}), "chat_template")
    assert (setting.value, setting.source) == ("{{ x }}", "variable CUSTOM_CHAT_TEMPLATE")
    assert setting.overridden == (("{{ y }}", "variable CHAT_TEMPLATE"),)


def test_a_broken_template() -> None:
    (error,) = on_runpod({"CUSTOM_CHAT_TEMPLATE": "{{ x"}).errors
    assert "is not a Jinja template" in error
