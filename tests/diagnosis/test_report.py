import sys
from pathlib import Path

import pytest

from dragoman.diagnosis.examination import Told
from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.report import Report


def report(*findings: Finding, misconfigured: bool = False) -> Report:
    return Report("plain", [Told("topic", "check", finding) for finding in findings], misconfigured, ["hf_secret"])


@pytest.mark.parametrize(
    ("findings", "misconfigured", "code"),
    [
        ((fine("a"),), False, 0),
        ((fine("a"), advice("b", "why")), False, 0),
        ((advice("b", "why"), problem("c", "why")), False, 1),
        ((problem("c", "why"),), True, 2),
    ],
)
def test_exit_code(findings: tuple[Finding, ...], misconfigured: bool, code: int) -> None:
    assert report(*findings, misconfigured=misconfigured).exit_code == code


def test_json() -> None:
    assert report(problem("what", "why", "cure")).to_json() == {
        "platform": "plain",
        "findings": [{"check": "check", "severity": "problem", "what": "what", "why": "why", "cure": "cure"}],
    }


def test_secrets_are_not_shown() -> None:
    shown = report(problem("token hf_secret", "at https://me:word@host")).to_json()["findings"][0]
    assert (shown["what"], shown["why"]) == ("token ***", "at https://***@host")


def test_programs_are_named_by_their_paths_where_the_shell_would_not_find_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin")
    (told,) = report(problem("a", "b", "python -m pip install x && python -c y")).told
    python = Path(sys.executable).parent / "python"
    assert report().cure(told) == f"{python} -m pip install x && {python} -c y"
    monkeypatch.setenv("PATH", str(python.parent))
    assert report().cure(told) == "python -m pip install x && python -c y"


def test_paths_with_blanks_and_commands_with_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    (folder / "dragoman").touch()
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/bin")
    (told,) = report(problem("a", "b", 'X="${X:?}" dragoman serve --x dragoman && dragoman doctor')).told
    path = f"'{folder}/dragoman'"
    assert report().cure(told) == f'X="${{X:?}}" {path} serve --x dragoman && {path} doctor'
