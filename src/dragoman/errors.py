"""The errors that Dragoman raises on purpose: each knows its HTTP status and its exit code."""

from collections.abc import Sequence


class DragomanError(Exception):
    """The root of the tree; its message is written for the user, one line a problem.

    Args:
        message: what is wrong, and what to do about it.
        details: lines of somebody else's that go with it, such as the engine's last.
    """

    status = 500
    exit_code = 1

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)


class ConfigurationError(DragomanError):
    """The settings cannot work: every problem found, one line each."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class EngineStartError(DragomanError):
    """The engine did not start."""

    exit_code = 3


class CrashLoopError(DragomanError):
    """The engine started and died again and again."""

    exit_code = 4
