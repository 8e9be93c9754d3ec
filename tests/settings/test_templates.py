import json
from pathlib import Path

import pytest

from dragoman.settings import templates


@pytest.mark.parametrize(("template", "text"), [("{{ x }}", True), ("a\nb", True), ("chat.jinja", False), ("", False)])
def test_text_and_paths(template: str, text: bool) -> None:
    assert templates.is_text(template) is text


@pytest.mark.parametrize(
    "template",
    [
        "{{ messages[0]['content'] }}",
        "{% for m in messages %}{% if m %}{% continue %}{% endif %}{% break %}{% endfor %}",
        "{% generation %}{{ messages | tojson }}{% endgeneration %}",
        "{{ raise_exception('no') }}{{ strftime_now('%d') }}",
        "template_chatml.jinja",
        "{{ 'a' * 10**15 }}{{ 'a' | center(10**15) }}{% set n = 10**10**9 %}{{ messages }}",
    ],
)
def test_templates(template: str) -> None:
    assert templates.problem_with_setting(template) is None


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{% for m in messages %}", "is not a Jinja template: Unexpected end of template."),
        ("a\nb\n{% nonsense %}", "Encountered unknown tag 'nonsense'. (its line 3)"),
        ("{{ x | nofilter }}", "No filter named 'nofilter'"),
        ("{% generation %}", "is not a Jinja template"),
        ("/nowhere/template.jinja", "does not exist, nor is it a template of vLLM's"),
        ("long " * 1000, "does not exist"),
        ("{{ " + "(" * 10_000, "is not a Jinja template"),
    ],
)
def test_wrong_templates(template: str, reason: str) -> None:
    assert reason in str(templates.problem_with_setting(template))


def test_template_files(tmp_path: Path) -> None:
    fine, broken, binary = tmp_path / "fine", tmp_path / "broken", tmp_path / "binary"
    fine.write_text("{{ messages }}")
    broken.write_text("{{ messages")
    binary.write_bytes(b"\xff\xfe")
    assert templates.problem_with_setting(str(fine)) is None
    assert "is not a Jinja template" in str(templates.problem_with_setting(str(broken)))
    assert "cannot be read" in str(templates.problem_with_setting(str(binary)))


@pytest.mark.parametrize("held", ["{{ broken", [{"name": "default", "template": "{{ broken"}]])
def test_templates_in_a_tokenizer_configuration(tmp_path: Path, held: object) -> None:
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({"chat_template": held}))
    ((place, reason),) = templates.problems_of_model(tmp_path)
    assert place == path
    assert "is not a Jinja template" in reason


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"chat_template": null}', '{"chat_template": [1]}', '{"a":' * 100_000]
)
def test_a_tokenizer_configuration_without_templates(tmp_path: Path, text: str) -> None:
    (tmp_path / "tokenizer_config.json").write_text(text)
    assert list(templates.problems_of_model(tmp_path)) == []


def test_a_models_template_file(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("{% if %}")
    ((place, _),) = templates.problems_of_model(tmp_path)
    assert place == tmp_path / "chat_template.jinja"
