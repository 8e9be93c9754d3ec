"""DataRobot's side of status reports."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson


class Reports:
    """What has been reported; `status` is that of the answers.

    Args:
        port: where it listens.
        scheme: http or https.
    """

    def __init__(self, port: int, scheme: str) -> None:
        self.status = 200
        self.seen: list[tuple[str, str | None, dict[str, str]]] = []
        self.url = f"{scheme}://localhost:{port}/api/v2"

    @property
    def told(self) -> list[tuple[str, str]]:
        """Title and message of each report."""
        return [(event["title"], event["message"]) for _, _, event in self.seen]

    def environment(self) -> dict[str, str]:
        """The variables that lead here."""
        return {"DATAROBOT_ENDPOINT": self.url, "DATAROBOT_API_TOKEN": "t0ken", "MLOPS_DEPLOYMENT_ID": "64f"}


@contextmanager
def reports(certificate: tuple[Path, Path] | None = None) -> Iterator[Reports]:
    """A server that takes reports, over TLS with a certificate and its key."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.seen.append((self.path, self.headers["Authorization"], orjson.loads(body)))
            self.send_response(taken.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        taken = Reports(server.server_address[1], "https" if certificate else "http")
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield taken
        finally:
            server.shutdown()


def self_signed(directory: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost".split()
    alias = ("-addext", "subjectAltName=DNS:localhost")
    subprocess.run([*make, *alias, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key
