import re
import signal

import pytest
from typer.main import get_group

from dragoman.cli import app
from dragoman.forms.commands import commands

TEXT = commands()
NAMES = list(get_group(app).commands)
SECTIONS = dict(re.findall(r"^## (\w+)\n\n```text\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def test_every_command_has_a_section_in_the_order_of_the_command_line() -> None:
    assert list(SECTIONS) == NAMES
    assert re.findall(r"^- \[`dragoman (\w+)`\]\(#\1\): ", TEXT, re.MULTILINE) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_section_teaches(name: str) -> None:
    section = SECTIONS[name].lower()
    assert section.startswith(f"usage: dragoman {name} ")
    assert f"examples:\n  dragoman {name}" in section
    assert "exit codes:\n  0  " in section


def test_no_terminal_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert commands() == TEXT


def test_nothing_else_happens() -> None:
    before = signal.getsignal(signal.SIGINT)
    commands()
    assert signal.getsignal(signal.SIGINT) is before
