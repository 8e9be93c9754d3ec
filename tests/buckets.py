"""S3 on this machine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "models"

CREDENTIALS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
}


def set_all(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """Sets variables of the environment."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


class Buckets:
    """A server that speaks S3, with one empty bucket."""

    def __enter__(self) -> Self:
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        url = f"http://{host}:{port}"
        # The servers of one process have their buckets in common.
        with urlopen(Request(f"{url}/moto-api/reset", method="POST")):
            pass
        self.variables = {**CREDENTIALS, "AWS_ENDPOINT_URL_S3": url}
        self.client = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self.client.create_bucket(Bucket=BUCKET)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self._server.stop()

    def put(self, **contents: bytes) -> None:
        """Puts files there by their keys."""
        for key, content in contents.items():
            self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def upload(self, directory: Path, prefix: str) -> None:
        """Puts a directory's files there, below a prefix."""
        for path in directory.rglob("*"):
            if path.is_file():
                self.client.upload_file(str(path), BUCKET, f"{prefix}/{path.relative_to(directory)}")


@contextmanager
def refusing(code: str) -> Iterator[tuple[Mapping[str, str], list[str]]]:
    """A server that refuses everything with one of S3's codes.

    Yields:
        The variables that lead to it, and what the requests showed to be let in.
    """
    shown: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Refusal, code, shown)) as server:
        Thread(target=server.serve_forever).start()
        yield {**CREDENTIALS, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.server_port}"}, shown
        server.shutdown()


class _Refusal(BaseHTTPRequestHandler):
    def __init__(self, code: str, shown: list[str], *connection: Any) -> None:  # noqa: ANN401
        self._body = f"<Error><Code>{code}</Code><Message>said so</Message></Error>".encode()
        self._shown = shown
        super().__init__(*connection)

    def do_GET(self) -> None:
        self._shown.append(self.headers["authorization"])
        self.send_response(400)
        self.send_header("content-type", "application/xml")
        self.end_headers()
        self.wfile.write(self._body)

    def log_message(self, *_: object) -> None:
        pass
