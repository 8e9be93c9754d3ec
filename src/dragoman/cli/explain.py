"""`dragoman explain`: what the worker would do, and why."""

import os
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from dragoman.settings.resolution import Resolution

_PIPED_WIDTH = 140


def explain(context: typer.Context) -> None:
    """Show every setting: its value, where it comes from, what it overrode, and what is wrong with it."""
    from dragoman.errors import ConfigurationError
    from dragoman.platforms import resolve

    arguments = [argument for argument in context.args if argument != "--json"]
    resolution = resolve(arguments, os.environ)
    if "--json" in context.args:
        import json

        typer.echo(json.dumps(resolution.to_json(), indent=2))
    else:
        show(resolution)
    if resolution.errors:
        raise typer.Exit(ConfigurationError.exit_code)


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
