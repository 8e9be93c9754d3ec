"""Commands that argparse reads, with the errors of all commands."""

from argparse import Action, ArgumentParser, RawDescriptionHelpFormatter
from typing import Any, NoReturn

from typer.core import TyperCommand

from dragoman.cli.commands import Context

_WIDTH = 118


class ParsedCommand(TyperCommand):
    """A command that keeps its arguments in `ctx.args`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Keep the arguments."""
        super().parse_args(ctx, [])
        ctx.args = list(args)
        return args


class Parser(ArgumentParser):
    """A parser whose errors are those of all commands, and whose help has the lines that its writer gave it."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - argparse's
        options.setdefault("formatter_class", _Help)
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        """Raise the error.

        Raises:
            ConfigurationError: always.
        """
        from dragoman.errors import ConfigurationError

        raise ConfigurationError(message)


class _Help(RawDescriptionHelpFormatter):
    """Help that reads the same on every terminal and with every Python."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)

    def _format_action_invocation(self, action: Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        # As since Python 3.13: the value is named once.
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"
