"""One connection that is kept, as an HTTP client of few words has it."""

import http.client
from types import TracebackType
from typing import Self

from bench.servers import HOST
from hardening.fuzz.requests import Got, Sent

PATIENCE = 60.0


class LostError(Exception):
    """A request had no answer: the server closed the connection, took too long, or spoke no HTTP."""


class Connection:
    """A connection that is opened again when the server has said that it closes it.

    Args:
        port: where the server listens.
    """

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it; the next request opens it again."""
        self._http.close()

    def ask(self, sent: Sent) -> Got:
        """Send a request and read all of its answer.

        Raises:
            LostError: there is none.
        """
        try:
            self._write(sent)
            with self._http.getresponse() as response:
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Got(response.status, headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            raise LostError(f"{type(error).__name__}: {error}") from error

    def _write(self, sent: Sent) -> None:
        self._http.putrequest(sent.method, sent.target.encode().decode("latin-1"), skip_accept_encoding=True)
        for name, value in sent.headers.items():
            if name.lower() != "content-length":
                self._http.putheader(name, value.encode("latin-1", errors="replace"))
        if sent.body or sent.method in ("POST", "PUT", "PATCH"):
            self._http.putheader("content-length", str(len(sent.body)))
        self._http.endheaders(sent.body or None)
