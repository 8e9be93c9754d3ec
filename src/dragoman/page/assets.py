"""The files of a page. They hold no data and no secrets, so they are for everybody."""

import gzip
import hashlib
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dragoman.serving import answers

COMMON = Path(__file__).with_name("common")
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "cache-control": "no-cache",
    "vary": "accept-encoding",
    # What is shown was written by strangers: nothing but these files may run, and no text may become HTML.
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
READING = ("GET", "HEAD")


class Asset(Response):
    """One file of a page, as it is or packed, whichever the browser takes; 304 for one that has it already.

    Args:
        name: what it is called; the suffix says what it is.
        body: its bytes.
    """

    def __init__(self, name: str, body: bytes) -> None:
        self.etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        self._sent_with = {**HEADERS, "etag": self.etag}
        media_type = MEDIA_TYPES[Path(name).suffix]
        super().__init__(body, headers=self._sent_with, media_type=media_type)
        packed = {**self._sent_with, "content-encoding": "gzip"}
        self.packed = Response(gzip.compress(body, mtime=0), headers=packed, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        asked = Headers(scope=scope)
        if scope["method"] not in READING:
            allow = {"allow": ", ".join(READING)}
            refusal = answers.error(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", "MethodNotAllowedError", allow)
            await refusal(scope, receive, send)
        elif self.etag in asked.get("if-none-match", ""):
            await Response(status_code=304, headers=self._sent_with)(scope, receive, send)
        elif "gzip" in asked.get("accept-encoding", ""):
            await self.packed(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def assets(folder: Path) -> dict[str, Asset]:
    """The files of a page by their names: those that all pages have, and its own."""
    files = (file for each in (COMMON, folder) for file in sorted(each.iterdir()) if file.suffix in MEDIA_TYPES)
    return {file.name: Asset(file.name, file.read_bytes()) for file in files}
