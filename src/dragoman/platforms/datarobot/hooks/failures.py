"""What becomes of an exception of custom.py: its traceback goes to the log, and who asked hears the reason."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException

from starlette.responses import Response

import dragoman
from dragoman.platforms.datarobot.errors import DrumError, told

OURS = str(Path(dragoman.__file__).parent)
IMPORTING = "<frozen importlib"
EXCEPTIONS = "datarobot_drum.drum.exceptions"
USER_ERROR = {"X-Drum-User-Http-Error": "true"}

log = logging.getLogger("dragoman")


class UserError(DrumError):
    """What custom.py raised to be answered as it is: a CustomHTTPError."""

    def response(self) -> Response:
        """The answer that custom.py chose, marked as its own."""
        return told(str(self), self.status, USER_ERROR)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raises ``failure`` in place of what custom.py's code raises in the context, be it to end the process.

    Raises:
        DrumError: the hook of this name failed.
    """
    try:
        yield
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        raise failure(name, error) from None


def failure(name: str, error: BaseException) -> DrumError:
    """What the client of a hook that raised hears, in DRUM's words.

    Args:
        name: the hook.
        error: what it raised; unless it is meant for the client, the log gets its traceback.
    """
    if _is_for_the_client(error):
        return UserError(str(error), _status(error))
    log_traceback(name, error)
    if name == "score":
        return DrumError(f"Model 'score' hook failed to make predictions. Exception: {error!r}")
    return DrumError(str(error) or type(error).__name__)


def log_traceback(name: str, error: BaseException) -> None:
    """Writes the traceback of custom.py's own code to the log."""
    log.error("custom.py: %s failed:\n%s", name, "".join(own_traceback(error)).rstrip())


def own_traceback(error: BaseException) -> list[str]:
    """The traceback of an exception, without the code that called the hook or interrupted it."""
    report = TracebackException.from_exception(error)
    report.stack = StackSummary.from_list(_own(list(report.stack)))
    return list(report.format())


def _own(frames: list[FrameSummary]) -> list[FrameSummary]:
    own = [index for index, frame in enumerate(frames) if not frame.filename.startswith((OURS, IMPORTING))]
    return frames[own[0] : own[-1] + 1] if own else []


def _is_for_the_client(error: BaseException) -> bool:
    """Whether it is DRUM's class, or the shim's; custom.py that has not imported either cannot raise it."""
    kind = getattr(sys.modules.get(EXCEPTIONS), "BaseCustomUserError", None)
    return kind is not None and isinstance(error, kind)


def _status(error: BaseException) -> int:
    status = getattr(error, "status_code", 400)
    return status if isinstance(status, int) and 200 <= status <= 599 else 500
