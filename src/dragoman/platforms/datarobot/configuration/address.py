"""Where DRUM listens: ADDRESS, and URL_PREFIX before its routes."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.view import View

NAME, PREFIX = "address", "url_prefix"
# What DRUM's web servers take where the address has none: every address, and the port of Flask.
_HOST, _PORT = "0.0.0.0", 5000
_NAMED = re.compile(r"[\w.:%-]*")


def address(view: View) -> Iterator[Outcome]:
    """Listen at the address, unless a port or a host was said more strongly."""
    asked = view.settled(NAME)
    if asked is None:
        return
    try:
        host, port = _parts(asked.value.strip())
    except ValueError as problem:
        yield Remark(f"{view.cite(NAME)} is not an address such as 0.0.0.0:8080: {problem}", fatal=True)
        return
    yield Change("host", host, asked.source, asked.rank, modest=True)
    yield Change("port", port, asked.source, asked.rank, modest=True)


def _parts(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    named = _NAMED.fullmatch(parts.hostname or "")
    if parts.netloc != text or "@" in text or text in ("", ":") or not named:
        raise ValueError("it is not host:port")
    return parts.hostname or _HOST, _PORT if parts.port is None else parts.port


def url_prefix(view: View) -> Iterator[Outcome]:
    """Begin the prefix with a slash, and end it without one."""
    asked = view.settled(PREFIX)
    if asked is None:
        return
    path = asked.value.strip("/")
    if asked.value != (prefix := f"/{path}" if path else ""):
        yield Change(PREFIX, prefix, asked.source, asked.rank)
