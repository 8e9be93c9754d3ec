"""The engine's routes that ``/directAccess`` reaches: those that answer for the model, and none that changes it."""

from dragoman.engine.routes import OPEN, patterns

_OPEN = patterns(*OPEN)


def is_open(path: str) -> bool:
    """Whether a path of the engine's may be reached."""
    return _OPEN.fullmatch(path) is not None
