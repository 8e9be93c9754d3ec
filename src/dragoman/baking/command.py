"""What `dragoman bake` does; what takes time to import is imported when it is known that there is something to do."""

from collections.abc import Mapping
from typing import Any

import typer

from dragoman import logs
from dragoman.baking.order import Order, ordered

INTERRUPTED = 130


def run(options: Mapping[str, Any], environment: Mapping[str, str], *, check: bool) -> int:
    """Bake, or check what has been baked.

    Args:
        options: settings by name, as the command line has them.
        environment: the variables.
        check: whether to check only.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: the order cannot be carried out as it is.
        EngineStartError: a model does not come.
    """
    order = ordered(options, environment)
    for warning in order.warnings:
        logs.announce("warning", warning)
    if check:
        from dragoman.baking.inspection import inspected

        return inspected(order)
    if not order.parts:
        typer.echo("nothing to bake: MODEL_NAME is not set, and no model is named")
        return 0
    return _bake(order)


def _bake(order: Order) -> int:
    from rich.console import Console

    from dragoman.baking.bake import bake
    from dragoman.baking.outcome import told

    try:
        baked = bake(order, Console(stderr=True))
    except KeyboardInterrupt:
        logs.announce("error", "interrupted: what has come is kept, and the same command goes on with it")
        return INTERRUPTED
    for line in told(order, baked):
        typer.echo(line)
    return 0
