"""The reference of all commands: what each of them says of itself."""

from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from io import StringIO
from textwrap import dedent

from typer.main import get_group

from dragoman.cli import app

_INTRODUCTION = """\
# Commands

What `dragoman COMMAND --help` says. `dragoman forms` writes this from the parsers that read the command lines.

{commands}

`dragoman --version` shows the version. What is wrong with a command line or a variable has a line of its own on stderr,
and the exit code is 2."""


def commands() -> str:
    """Return docs/cli.md."""
    return "\n\n".join((_INTRODUCTION.format(commands=_list()), *_sections())) + "\n"


def _list() -> str:
    group = get_group(app)
    return "\n".join(f"- [`dragoman {name}`](#{name}): {command.help}" for name, command in group.commands.items())


def _sections() -> Iterator[str]:
    for name in get_group(app).commands:
        yield f"## {name}\n\n```text\n{_help(name)}\n```"


def _help(name: str) -> str:
    """Return what a command prints when it is asked for help."""
    printed = StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        get_group(app).main([name, "--help"], prog_name="dragoman", standalone_mode=False)
    return dedent(printed.getvalue()).strip("\n")
