"""Sessions: what clients open, name in a header, and close (``requestType``)."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from starlette.responses import Response

from dragoman.platforms.lmi.errors import HandlerError, named
from dragoman.platforms.lmi.options import Options

HEADER = "x-amzn-sagemaker-session-id"
CLOSED = "x-amzn-sagemaker-closed-session-id"
MOST = 10_000


class Sessions:
    """The sessions that are open.

    Args:
        options: whether there are any, and how long one lasts.
        clock: seconds since 1970.
    """

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._enabled = options.enable_stateful_sessions
        self._lifetime = options.sessions_expiration
        self._clock = clock
        # In the order in which they expire.
        self._expiry: dict[str, float] = {}

    def answer(self, content: Mapping[str, Any], headers: Mapping[str, str]) -> Response | None:
        """The answer to a request that opens or closes a session; None to one that may go on.

        Args:
            content: what the body holds.
            headers: the request's headers, their names in lower case.

        Raises:
            HandlerError: no such session is open, or something else is to be done with it.
        """
        if not self._enabled:
            return None
        self._expire()
        session = headers.get(HEADER, "").split(";")[0].strip()
        kind = content.get("requestType")
        if kind == "NEW_SESSION":
            return self._open()
        if kind not in (None, "CLOSE"):
            raise HandlerError("requestType must be NEW_SESSION or CLOSE.")
        if (session or kind) and session not in self._expiry:
            raise HandlerError(f"Session {named(session)} not found" if session else f"CLOSE needs the header {HEADER}")
        return self._close(session) if kind else None

    def _open(self) -> Response:
        if len(self._expiry) >= MOST:
            raise HandlerError(f"There are {MOST} open sessions, and there can be no more: close some.")
        session = str(uuid4())
        self._expiry[session] = self._clock() + self._lifetime
        expires = datetime.fromtimestamp(self._expiry[session], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _result(f"Session {session} created", {HEADER: f"{session}; Expires={expires}"})

    def _close(self, session: str) -> Response:
        del self._expiry[session]
        return _result(f"Session {session} closed", {CLOSED: session})

    def _expire(self) -> None:
        now = self._clock()
        while self._expiry and self._expiry[oldest := next(iter(self._expiry))] <= now:
            del self._expiry[oldest]


def _result(text: str, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps({"result": text}), headers=headers, media_type="application/json")
