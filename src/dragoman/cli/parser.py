"""Commands that argparse reads, with the errors of all commands."""

from argparse import ArgumentParser
from typing import NoReturn

from typer.core import TyperCommand

from dragoman.cli.commands import Context


class ParsedCommand(TyperCommand):
    """A command that keeps its arguments in `ctx.args`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Keep the arguments."""
        super().parse_args(ctx, [])
        ctx.args = list(args)
        return args


class Parser(ArgumentParser):
    """A parser whose errors are those of all commands."""

    def error(self, message: str) -> NoReturn:
        """Raise the error.

        Raises:
            ConfigurationError: always.
        """
        from dragoman.errors import ConfigurationError

        raise ConfigurationError(message)
