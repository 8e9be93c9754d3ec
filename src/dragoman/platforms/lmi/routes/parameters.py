"""The parameters of a management request: those of its query, and those in a JSON body."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson
from starlette.requests import Request

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import loaded
from dragoman.engine.threads import aside
from dragoman.platforms.lmi.errors import bad_request
from dragoman.platforms.lmi.routes.bodies import read
from dragoman.serving.entrance.limits import Limits
from dragoman.settings import values

Item = TypeVar("Item")
Default = TypeVar("Default")
Parameters = Mapping[str, Any]

SECONDS = 60.0
LONGEST_PAGE = 100


async def parameters(request: Request, limits: Limits) -> Parameters:
    """The parameters by name; what is null or empty is left out.

    Args:
        request: the request.
        limits: how large, how deep and how full its JSON may be.

    Raises:
        ServerError: the body is called JSON and holds no object, is beyond the limits, or does not come.
    """
    given: dict[str, Any] = dict(request.query_params)
    if "json" in request.headers.get("content-type", ""):
        body = await read(request, SECONDS)
        given |= await aside(len(body), _fields, body, limits)
    return {name: value for name, value in given.items() if value not in (None, "")}


def text(given: Parameters, name: str) -> str | None:
    """A text, if it is there.

    Raises:
        ServerError: it is none.
    """
    return _value(values.text, given, name, None)


def integer(given: Parameters, name: str, default: int) -> int:
    """A whole number.

    Raises:
        ServerError: it is none.
    """
    return _value(values.integer, given, name, default)


def flag(given: Parameters, name: str, default: bool) -> bool:
    """True or false.

    Raises:
        ServerError: it is neither.
    """
    return _value(values.boolean, given, name, default)


def page(items: Sequence[Item], given: Parameters) -> tuple[Sequence[Item], dict[str, str]]:
    """The items that a list is asked for, and where the next ones begin if there are more.

    Args:
        items: all of them.
        given: ``limit`` of them are asked for, from ``next_page_token`` on.

    Raises:
        ServerError: one of the two is no number.
    """
    limit = integer(given, "limit", LONGEST_PAGE)
    first = max(0, integer(given, "next_page_token", 0))
    last = first + (limit if 0 < limit <= LONGEST_PAGE else LONGEST_PAGE)
    return items[first:last], {"nextPageToken": str(last)} if last < len(items) else {}


def _value(parse: Callable[[object], Item], given: Parameters, name: str, default: Default) -> Item | Default:
    try:
        return parse(given[name]) if name in given else default
    except ValueError as error:
        raise bad_request(f"Parameter {name} is invalid: {error}.") from None


def _fields(body: bytes, limits: Limits) -> dict[str, Any]:
    try:
        content = loaded(body or b"{}", limits, orjson.loads)
    except BadRequestError as error:
        raise bad_request(str(error), error.status) from None
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The body is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise bad_request("The body is not a JSON object.")
    return content
