"""A bake: all that is ordered comes, is checked, made readable and written down."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console

from dragoman.baking import manifest
from dragoman.baking.deliveries import delivery
from dragoman.baking.manifest import LOCK, Baked
from dragoman.baking.meters import meters
from dragoman.baking.modes import made_readable, unreadable
from dragoman.baking.order import Order, Part
from dragoman.baking.remote_code import code_parts
from dragoman.baking.room import ELSEWHERE, check_room
from dragoman.downloads.turns import turn
from dragoman.errors import ConfigurationError

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
        _look(order.directory)
        baked = _brought(order, order.parts, console, say)
        pairs = zip(order.parts, baked, strict=True)
        code = [each for part, one in pairs for each in code_parts(part, one.directory)]
        everything = [*baked, *_brought(order, code, console, say)]
        _write_down(order.directory, everything)
        for path in _unreadable(order.directory, everything)[:1]:
            say(f"warning: {path} cannot be read by every user, and this user may not change that")
    return {part.role: one for part, one in zip(order.parts, baked, strict=True)}


def _begin(stack: ExitStack, directory: Path, say: Say) -> None:
    """Make the directory where it is not there, and wait until nobody else bakes into it."""
    try:
        _make(directory)
        stack.enter_context(turn(directory / LOCK, lambda: say(f"waiting for another bake into {directory}")))
    except OSError as error:
        raise ConfigurationError(f"{directory} cannot be written: {error.strerror}; {ELSEWHERE}") from error


def _make(directory: Path) -> None:
    """Make a directory that every user can read; one that is there keeps its mode."""
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        return
    made_readable(directory)


def _look(directory: Path) -> None:
    """Look, before anything comes, whether it can be written down."""
    with _explained(directory):
        manifest.read(directory)


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
    with _explained(directory):
        manifest.add(directory, baked)


@contextmanager
def _explained(directory: Path) -> Iterator[None]:
    """Tells in one line what is wrong with the manifest."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{directory / manifest.NAME}: {reason}; remove it, or {ELSEWHERE}") from error


def _unreadable(root: Path, baked: Sequence[Baked]) -> list[Path]:
    """Have every user read what has been baked, and what links in it lead to."""
    return unreadable(root, (one.directory / name for one in baked if not one.stays for name in one.files))
