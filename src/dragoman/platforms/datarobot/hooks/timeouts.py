"""An end to hooks that hang while the worker starts."""

import faulthandler
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# For code that does not come back to Python, where the exception would be raised.
PATIENCE = 10.0


class HookTimeoutError(BaseException):
    """Raised where a hook is when its time is over; no Exception, since hooks that try again catch those."""


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Interrupts what runs in the context; for the main thread.

    Args:
        seconds: how long it may take; None for any time.

    Raises:
        HookTimeoutError: within the context, when the time is over. The process ends, with the place in the log,
            where that is not heard.
    """
    if seconds is None:
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    faulthandler.dump_traceback_later(seconds + PATIENCE, exit=True)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise HookTimeoutError("the hook has not come back")
