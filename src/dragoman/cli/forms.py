"""`dragoman forms`: the platforms' forms and the reference of all settings, written from the catalogue."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import typer

from dragoman.cli.parser import Parser


def forms(context: typer.Context) -> None:
    """Write the forms of the platforms' consoles and the reference of all settings."""
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
        description="Write the forms of the platforms' consoles and the reference of all settings from the catalogue.",
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where to; default: here")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file says something else")
    return parser.parse_args(arguments)
