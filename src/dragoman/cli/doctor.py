"""`dragoman doctor`: what is wrong with this machine, image or configuration, and what cures it."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from dragoman.diagnosis.examination import Heed, Told
    from dragoman.diagnosis.findings import Severity
    from dragoman.diagnosis.report import Report

JSON, ALL = "--json", "--all"
_STYLES: "dict[Severity, str]" = {"problem": "red", "advice": "yellow", "fine": "green"}
_INDENT = 9


def doctor(context: typer.Context) -> None:
    """Examine this machine, image and configuration, and tell what is wrong and the command that cures it."""
    arguments = [argument for argument in context.args if argument not in (JSON, ALL)]
    report = _examined(arguments)
    if JSON in context.args:
        import json

        typer.echo(json.dumps(report.to_json(), indent=2))
    else:
        show(report, everything=ALL in context.args)
    raise typer.Exit(report.exit_code)


def show(report: "Report", *, everything: bool) -> None:
    """Print the problems, then the advice, each with its cure, and what is fine in one line or, if asked, in full."""
    from rich.console import Console

    from dragoman.diagnosis.report import ORDER
    from dragoman.diagnosis.units import counted

    console = Console(highlight=False)
    console.print(f"platform [bold]{report.platform}[/bold]")
    for severity in ORDER:
        _print_all(console, report, severity)
    if everything:
        _print_all(console, report, "fine")
    counts = f"{counted(report.count('problem'), 'problem')}, {counted(report.count('advice'), 'suggestion')}"
    rest = "" if everything else " (--all lists them)"
    console.print(f"\n{counts}; {counted(report.count('fine'), 'check')} found nothing wrong{rest}", soft_wrap=True)


def _print_all(console: "Console", report: "Report", severity: "Severity") -> None:
    topic = ""
    for told in report.of(severity):
        if told.topic != topic:
            topic = told.topic
            console.print(f"\n[bold]{topic}[/bold]")
        for line in _lines(report, told):
            console.print(line, soft_wrap=True)


def _lines(report: "Report", told: "Told") -> Iterator[str]:
    from rich.markup import escape

    finding = told.finding
    style, indent = _STYLES[finding.severity], " " * _INDENT
    yield f"[{style}]{finding.severity:<{_INDENT - 1}}[/{style}] {escape(report.shown(finding.what))}"
    if finding.why:
        yield f"{indent}{escape(report.shown(finding.why))}"
    if finding.cure:
        yield f"{indent}[bold]{escape(report.cure(told))}[/bold]"


def _examined(arguments: Sequence[str]) -> "Report":
    from dragoman.diagnosis.examination import examine
    from dragoman.diagnosis.report import Report
    from dragoman.diagnosis.subject import Subject
    from dragoman.platforms import resolve
    from dragoman.settings.secrets import credentials

    with _progress() as heed:
        # It takes long where the GPUs' driver does not answer.
        resolution = resolve(arguments, os.environ)
        told = examine(Subject.of(resolution, os.environ, arguments), heed)
    secrets = [text for setting in resolution.settings if setting.secret for text in credentials(setting.value)]
    return Report(resolution.platform, told, bool(resolution.errors), secrets)


@contextmanager
def _progress() -> "Iterator[Heed]":
    """Say on a terminal what is still being looked at; on stderr, so that stdout holds the outcome alone."""
    if not sys.stderr.isatty():
        yield lambda topics: None
        return
    from rich.console import Console

    with Console(stderr=True).status("examining") as status:
        yield lambda topics: status.update(f"examining {', '.join(topics)}")
