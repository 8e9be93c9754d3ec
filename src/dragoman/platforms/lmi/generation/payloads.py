"""What is wrong with a payload."""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.options import Era

# What DJL Serving's handlers say before the reason.
INTRODUCTIONS: Mapping[Era, str] = MappingProxyType(
    {
        Era.ROLLING: "Input Parsing failed. Ensure that the request payload is valid. ",
        Era.ASYNC: "Input parsing failed: ",
    }
)


class PayloadError(Exception):
    """A payload is not what it must be; the reason does not repeat what it holds."""


def unreadable(error: PayloadError, era: Era) -> HandlerError:
    """The answer to such a payload, in the words of the era."""
    return HandlerError(f"{INTRODUCTIONS[era]}{error}")
