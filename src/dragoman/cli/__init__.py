"""The command line: one module a command, each of which imports what is heavy only when it runs."""

import sys
from io import TextIOWrapper

import typer

from dragoman import logs
from dragoman.cli.bake import bake
from dragoman.cli.commands import Commands, RawCommand
from dragoman.cli.doctor import doctor
from dragoman.cli.explain import explain
from dragoman.cli.forms import forms
from dragoman.cli.gateway import gateway
from dragoman.cli.output import guarded
from dragoman.cli.parser import ParsedCommand
from dragoman.cli.plan import plan
from dragoman.cli.serve import serve
from dragoman.errors import DragomanError

app = typer.Typer(
    cls=Commands,
    help="One vLLM worker that speaks every serving platform's language. `dragoman --version` shows its version.",
    add_help_option=False,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(cls=RawCommand, add_help_option=False)(serve)
app.command(cls=RawCommand, add_help_option=False)(explain)
app.command(cls=RawCommand, add_help_option=False)(plan)
app.command(cls=RawCommand, add_help_option=False)(doctor)
app.command(cls=ParsedCommand, add_help_option=False)(forms)
app.command(cls=ParsedCommand, add_help_option=False)(gateway)
app.command(cls=ParsedCommand, add_help_option=False)(bake)


def main() -> None:
    """Run the command; a problem of the user's is one line a problem on stderr, and its own exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Not every terminal can show what a setting holds.
            stream.reconfigure(errors="backslashreplace")
    try:
        with guarded():
            app()
    except DragomanError as error:
        logs.announce("error", str(error), error.details)
        sys.exit(error.exit_code)
