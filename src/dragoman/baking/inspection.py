"""What `dragoman bake --check` says."""

from collections.abc import Iterator, Sequence

import typer

from dragoman.baking import manifest
from dragoman.baking.check import problems
from dragoman.baking.manifest import Baked
from dragoman.baking.order import Order, Part
from dragoman.baking.words import amounts

FAULTY = 1


def inspected(order: Order) -> int:
    """Print what is wrong with what has been baked into a directory, or that nothing is.

    Args:
        order: the directory, and the models that must be among those that have been baked.

    Returns:
        The exit code.
    """
    try:
        models = manifest.read(order.directory)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        typer.echo(f"{order.directory / manifest.NAME} cannot be read: {reason}")
        return FAULTY
    if not models:
        typer.echo(f"nothing has been baked into {order.directory}: there is no {manifest.NAME}")
        return FAULTY
    found = [*_absent(order.parts, models), *problems(models)]
    files = [file for one in models for file in one.files.values()]
    for line in found or [f"{order.directory}: all as it was baked, {amounts(files)}"]:
        typer.echo(line)
    return FAULTY if found else 0


def _absent(parts: Sequence[Part], models: Sequence[Baked]) -> Iterator[str]:
    """Yield which parts have not been baked, or at another revision."""
    for part in parts:
        asked = part.repository
        revisions = [each for one in models if one.name == asked.name for each in (one.revision, one.commit)]
        if not revisions:
            yield f"{part.role} {asked.name} has not been baked"
        elif asked.revision and asked.revision not in revisions:
            yield f"{part.role} {asked.name} has not been baked at revision {asked.revision}"
