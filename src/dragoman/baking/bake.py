"""A bake: all that is ordered comes, is checked, made readable and written down."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console

from dragoman.baking import manifest
from dragoman.baking.deliveries import delivery
from dragoman.baking.manifest import Baked
from dragoman.baking.meters import meters
from dragoman.baking.modes import unreadable
from dragoman.baking.order import Order, Part
from dragoman.baking.remote_code import code_parts
from dragoman.baking.room import ELSEWHERE, check_room
from dragoman.downloads.turns import turn
from dragoman.errors import ConfigurationError

LOCK = ".dragoman-bake.lock"

Say = Callable[[str], None]


def bake(order: Order, console: Console) -> Mapping[str, Baked]:
    """Have all that is ordered in its directory, where every user can read it.

    Args:
        order: what is baked.
        console: where it is shown how far it is.

    Returns:
        What has been baked, by the roles of the parts.

    Raises:
        ConfigurationError: the order cannot be carried out as it is.
        EngineStartError: a model does not come.
    """
    say: Say = partial(console.print, soft_wrap=True, markup=False, highlight=False)
    with ExitStack() as stack:
        _begin(stack, order.directory, say)
        baked = _brought(order, order.parts, console, say)
        pairs = zip(order.parts, baked, strict=True)
        code = [each for part, one in pairs for each in code_parts(part, one.directory)]
        everything = [*baked, *_brought(order, code, console, say)]
        _write_down(order.directory, everything)
        for path in _unreadable(order.directory, everything)[:1]:
            say(f"warning: {path} cannot be read by every user, and this user may not change that")
    return {part.role: one for part, one in zip(order.parts, baked, strict=True)}


def _begin(stack: ExitStack, directory: Path, say: Say) -> None:
    """Make the directory, and wait until nobody else bakes into it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        stack.enter_context(turn(directory / LOCK, lambda: say(f"waiting for another bake into {directory}")))
    except OSError as error:
        raise ConfigurationError(f"{directory} cannot be written: {error.strerror}; {ELSEWHERE}") from error


def _brought(order: Order, parts: Sequence[Part], console: Console, say: Say) -> list[Baked]:
    """Have parts come, once it is known that there is room for all of them."""
    deliveries = [delivery(part, order, say) for part in parts]
    check_room(order.directory, sum(each.missing for each in deliveries))
    baked = []
    for part, each in zip(parts, deliveries, strict=True):
        with meters(each.verb, part.repository.name, len(each.sizes), sum(each.sizes), console) as shown:
            baked.append(each.bring(shown))
    return baked


def _write_down(directory: Path, baked: Sequence[Baked]) -> None:
    try:
        manifest.add(directory, baked)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{directory / manifest.NAME}: {reason}; remove it, or {ELSEWHERE}") from error


def _unreadable(root: Path, baked: Sequence[Baked]) -> list[Path]:
    """Have every user read what has been baked, and what links in it lead to."""
    return unreadable(
        root, (path for one in baked for path in (one.directory, *map(one.directory.joinpath, one.files)))
    )
