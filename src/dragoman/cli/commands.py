"""How commands read their command lines.

An option declared with typer makes it import pydantic, so what `serve` and `explain` need is read here by hand.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup

from dragoman import __version__

# Click's, of which newer versions of typer have a copy of their own.
Context: TypeAlias = Any


class Commands(TyperGroup):
    """All commands, with --help and --version."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Show the help or the version where that is asked for, else find the command."""
        if args[:1] in (["--help"], ["-h"]):
            typer.echo(ctx.get_help())
            ctx.exit()
        if args[:1] == ["--version"]:
            typer.echo(f"dragoman {__version__}")
            ctx.exit()
        return super().parse_args(ctx, args)


class RawCommand(TyperCommand):
    """A command whose arguments are settings: all of them stay in `ctx.args`, apart from a wish for help.

    Click's own parser would take `-tp 2` apart, drop `--` and reorder the rest.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Show help where it is asked for, else keep the arguments."""
        if (topic := asked_for(args)) is not None:
            from dragoman.cli.help import help_text

            typer.echo(help_text(str(self.name), topic))
            ctx.exit()
        super().parse_args(ctx, [])
        ctx.args = list(args)
        return args


def asked_for(arguments: Sequence[str]) -> str | None:
    """Return what help is asked for: "" for a short text, "all" or the name of a group; None where it is not."""
    for argument in arguments:
        if argument == "--":
            break
        if argument in ("-h", "--help"):
            return ""
        if argument.startswith("--help="):
            return argument.removeprefix("--help=")
    return None
