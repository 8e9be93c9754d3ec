"""Who may speak to the gateway: whoever has a key, or, where there are none, programs of this machine."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.gateway.errors import ForbiddenError, GatewayError, UnauthorizedError
from dragoman.process.address import is_loopback

VARIABLE = "DRAGOMAN_API_KEY"
SCHEME = "bearer "

Refuse = Callable[[Request, GatewayError], Response]


@dataclass(frozen=True)
class Keys:
    """The keys that open the gateway.

    Attributes:
        values: any of them does.
    """

    values: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Those in ``DRAGOMAN_API_KEY``, separated by commas."""
        parts = (part.strip() for part in environment.get(VARIABLE, "").split(","))
        return cls(tuple(part for part in parts if part))

    def __bool__(self) -> bool:
        return bool(self.values)

    def accept(self, authorization: str) -> bool:
        """Whether the header's value is one of the keys, with ``Bearer`` before it or, as RunPod's SDK sends it, alone.

        It takes as long for a key that is nearly right as for any other.
        """
        scheme, rest = authorization[: len(SCHEME)], authorization[len(SCHEME) :]
        given = (rest if scheme.lower() == SCHEME else authorization).strip().encode("latin-1", "replace")
        return sum(hmac.compare_digest(given, key.encode()) for key in self.values) > 0


class Guard:
    """Lets requests through to the application, or answers in its place.

    With keys, every request needs one. Without, the gateway serves its own machine, and no web page that a browser
    there shows may use it: the host must be a name of the machine itself (or any site's name could be made to lead
    here), and where the browser says that a request is another site's, it is refused. The files of the gateway's own
    page are open.

    Args:
        app: the application.
        keys: what opens it.
        refuse: makes the answer to a request that is not let through.
    """

    def __init__(self, app: ASGIApp, keys: Keys, refuse: Refuse) -> None:
        self._app = app
        self._check = _only_own if not keys else _only_with(keys)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            try:
                self._check(scope["path"], Headers(scope=scope))
            except GatewayError as error:
                await self._refuse(Request(scope), error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _only_with(keys: Keys) -> Callable[[str, Headers], None]:
    def check(path: str, headers: Headers) -> None:
        given = headers.get("authorization", "")
        if not _is_page(path) and not keys.accept(given):
            raise UnauthorizedError("the key is wrong" if given else "the header Authorization: Bearer KEY is missing")

    return check


def _only_own(path: str, headers: Headers) -> None:
    host = headers.get("host", "")
    if not is_loopback(_name(host)):
        raise ForbiddenError(f"without {VARIABLE} only localhost is served, under that name")
    if any(origin.lower() != f"http://{host.lower()}" for origin in headers.getlist("origin")):
        raise ForbiddenError("the request comes from a web page that is not the gateway's own")
    # An image or a script of another site is asked for without an origin: https://www.w3.org/TR/fetch-metadata/
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not _is_page(path):
        raise ForbiddenError("the request comes from a web page that is not the gateway's own")


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_page(path: str) -> bool:
    return path == "/" or path.startswith("/page/")
