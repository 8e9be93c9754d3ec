"""The query parameters of the gateway's routes."""

from math import isfinite

from starlette.requests import Request

from dragoman.gateway.errors import BadRequestError

LARGEST_INTEGER = 2**53


def number(request: Request, name: str) -> float | None:
    """Read a number; None where there is none.

    Raises:
        BadRequestError: it is no number.
    """
    given = request.query_params.get(name)
    if given is None:
        return None
    try:
        found = float(given)
    except ValueError:
        found = float("nan")
    if not isfinite(found):
        raise BadRequestError(f"{name} is not a number")
    return found


def integer(request: Request, name: str, least: int, most: int = LARGEST_INTEGER) -> int | None:
    """Read an integer; None where there is none.

    Raises:
        BadRequestError: it is no integer, or out of range.
    """
    given = number(request, name)
    if given is None:
        return None
    if given != int(given) or not least <= given <= most:
        raise BadRequestError(f"{name} is not an integer from {least} to {most}")
    return int(given)


def flag(request: Request, name: str, default: bool) -> bool:
    """Read ``true`` or ``false``.

    Raises:
        BadRequestError: it is neither.
    """
    given = request.query_params.get(name)
    if given not in (None, "true", "false"):
        raise BadRequestError(f"{name} is neither true nor false")
    return default if given is None else given == "true"
