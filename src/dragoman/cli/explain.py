"""`dragoman explain`: what the worker would do, and why; or the same configuration, written for another platform."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from dragoman import logs

if TYPE_CHECKING:
    from rich.table import Table

    from dragoman.settings.resolution import Resolution
    from dragoman.written.target import Target

_PIPED_WIDTH = 140
_JSON, _AS = "--json", "--as"


def explain(context: typer.Context) -> None:
    """Show every setting: its value, where it comes from, what it overrode, and what is wrong with it."""
    from dragoman.errors import ConfigurationError
    from dragoman.platforms import resolve

    arguments = [argument for argument in context.args if argument != _JSON]
    as_json = len(arguments) < len(context.args)
    target, arguments = target_of(arguments)
    resolution = resolve(arguments, os.environ)
    if target is not None:
        write(resolution, target, as_json=as_json)
    elif as_json:
        print_json(resolution.to_json())
    else:
        show(resolution)
    if resolution.errors:
        raise typer.Exit(ConfigurationError.exit_code)


def target_of(arguments: Sequence[str]) -> tuple["Target | None", list[str]]:
    """Return the target that `--as` names, and the other arguments.

    Raises:
        ConfigurationError: there is no such target.
    """
    named, others = "", list[str]()
    remaining = iter(arguments)
    for argument in remaining:
        flag, equals, value = argument.partition("=")
        if flag != _AS:
            others.append(argument)
            continue
        named = value if equals else next(remaining, "")
        if named not in targets():
            from dragoman.errors import ConfigurationError

            problem = f"{named!r} is nothing that a configuration is written for" if named else "it needs a value"
            raise ConfigurationError(f"{_AS}: {problem}; choose one of {', '.join(targets())}")
    return targets().get(named), others


def targets() -> "Mapping[str, Target]":
    """Return what a configuration can be written for, by name."""
    from dragoman.written.targets import TARGETS

    return TARGETS


def write(resolution: "Resolution", target: "Target", *, as_json: bool) -> None:
    """Print the configuration in the target's words, where it has no errors, and on stderr what to say about it."""
    from dragoman.written.target import Written
    from dragoman.written.writing import write as written_for

    written = Written(target.name) if resolution.errors else written_for(resolution, target, os.environ)
    warnings = (*resolution.warnings, *written.warnings)
    if as_json:
        print_json({**written.to_json(), "warnings": warnings, "errors": resolution.errors})
        return
    for kind, lines in (("warning", warnings), ("error", resolution.errors)):
        for line in lines:
            logs.announce(kind, line)
    typer.echo(written.shown(), nl=False)


def print_json(content: object) -> None:
    """Print one JSON value."""
    import json

    typer.echo(json.dumps(content, indent=2))


def show(resolution: "Resolution") -> None:
    """Print the settings that something set, the engine's command line, and the problems."""
    import shlex

    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    untouched = sum(not setting.is_set for setting in resolution.settings)
    console.print(f"platform [bold]{resolution.platform}[/bold]; {untouched} settings stay at their defaults")
    console.print(settings_table(resolution))
    command = shlex.join(resolution.shown_engine_args) or "none"
    console.print(f"[bold]vLLM's command line[/bold]\n{escape(command)}", soft_wrap=True)
    for style, title, lines in (("yellow", "warning", resolution.warnings), ("red", "error", resolution.errors)):
        for line in lines:
            console.print(f"[{style}]{title}:[/{style}] {escape(line)}", soft_wrap=True)


def settings_table(resolution: "Resolution") -> "Table":
    """Return a table of the settings that something set."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("setting", "value", "from", "instead of", box=box.SIMPLE, pad_edge=False)
    for setting in (setting.to_json() for setting in resolution.settings if setting.is_set):
        instead = "\n".join(f"{each['value']} ({each['source']})" for each in setting["overridden"])
        table.add_row(*(Text(str(cell)) for cell in (setting["name"], setting["value"], setting["source"], instead)))
    return table
