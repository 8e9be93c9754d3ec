"""The pages with which Flask, DRUM's web framework, answers what no route of DRUM's does."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.responses import HTMLResponse, Response

PAGE = "<!doctype html>\n<html lang=en>\n<title>{code} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{text}</p>\n"
MISSING = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)
WRONG = "The method is not allowed for the requested URL."
# HEAD and OPTIONS come with any route.
IMPLIED = {"GET": ("HEAD",)}


def not_found() -> Response:
    """404: there is no such path."""
    return _page(HTTPStatus.NOT_FOUND, MISSING)


def wrong_method(allowed: Iterable[str]) -> Response:
    """405: the path has other methods."""
    return _page(HTTPStatus.METHOD_NOT_ALLOWED, WRONG, _allow(allowed))


def options(allowed: Iterable[str]) -> Response:
    """The answer to OPTIONS: the methods of a path."""
    return HTMLResponse(headers=_allow(allowed))


def _page(status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> Response:
    content = PAGE.format(code=status.value, phrase=status.phrase, text=text)
    return HTMLResponse(content, status, headers)


def _allow(allowed: Iterable[str]) -> dict[str, str]:
    methods = {"OPTIONS", *allowed}
    implied = {other for method in methods for other in IMPLIED.get(method, ())}
    return {"allow": ", ".join(sorted(methods | implied))}
