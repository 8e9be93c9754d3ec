"""`dragoman forms`: the platforms' forms and the references of settings and commands."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import typer

from dragoman.cli.parser import Parser

_DESCRIPTION = """\
Write the forms of the platforms' consoles and the references of all settings and commands: from the catalogue that the
worker reads, and from the parsers of the command lines. The names of the files written are on stdout."""
_EXPLANATIONS = """\
examples:
  dragoman forms
      Write them where they belong in a clone, after any change of a setting or an option.
  dragoman forms --check
      Say which of them are out of date.

exit codes:
  0  written, or up to date
  1  --check has found files that say something else
  2  the command line is wrong, or a file cannot be read or written"""


def forms(context: typer.Context) -> None:
    """Write the forms of the platforms' consoles and the references of all settings and commands."""
    chosen = _read(context.args)
    from dragoman.forms.documents import contents
    from dragoman.forms.files import read, write

    files = contents(chosen.out)
    if chosen.check:
        stale = [path for path, text in files.items() if read(path) != text]
        for path in stale:
            typer.echo(f"stale: {path}")
        raise typer.Exit(1 if stale else 0)
    for path, text in files.items():
        write(path, text)
        typer.echo(path)


def _read(arguments: Sequence[str]) -> Namespace:
    parser = Parser(
        prog="dragoman forms",
        usage="dragoman forms [OPTIONS]",
        description=_DESCRIPTION,
        epilog=_EXPLANATIONS,
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where to; default: here")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file says something else")
    return parser.parse_args(arguments)
