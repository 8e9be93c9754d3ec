"""A hub of models on this machine: the few routes that huggingface_hub asks when it downloads."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "org/mini"
INFO = re.compile(r"/api/models/(?P<name>[^/]+/[^/]+)(?:/revision/(?P<revision>[^/]+))?")
TREE = re.compile(r"/api/models/(?P<name>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)")
FILE = re.compile(r"/(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


class Hub:
    """Has one model with one commit, which is that of its main branch.

    Args:
        directory: the model's files.
        token: what opens the model; None for one that is open to all.
    """

    def __init__(self, directory: Path, token: str | None = None) -> None:
        self.files = {
            str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
        }
        self.token = token
        self.gated = False
        self.asked: list[str] = []
        self.ranges: list[str] = []
        # How many bytes of a file are sent before the connection breaks.
        self.breaks: dict[str, int] = {}
        self.may_send = threading.Event()
        self.may_send.set()


def etag(data: bytes) -> str:
    return sha1(data).hexdigest()


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """The hub's address while it serves."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def log_message(self, *words: object) -> None:
            """Says nothing."""

        def _answer(self) -> None:
            path = urlsplit(self.path).path
            hub.asked.append(f"{self.command} {path}")
            found = next((match for route in (INFO, TREE, FILE) if (match := route.fullmatch(path))), None)
            if found is None or found["name"] != NAME:
                return self._refuse(404, "RepoNotFound")
            if hub.token and self.headers.get("authorization") != f"Bearer {hub.token}":
                return self._refuse(403, "GatedRepo") if hub.gated else self._refuse(401, "RepoNotFound")
            if found["revision"] not in (None, "main", COMMIT):
                return self._refuse(404, "RevisionNotFound")
            if found.re is FILE:
                return self._file(found["file"]) if found["file"] in hub.files else self._refuse(404, "EntryNotFound")
            return self._json(self._info() if found.re is INFO else self._tree())

        def _info(self) -> object:
            siblings = [{"rfilename": name, "size": len(data)} for name, data in hub.files.items()]
            return {"id": NAME, "sha": COMMIT, "siblings": siblings}

        def _tree(self) -> object:
            files = hub.files.items()
            return [{"type": "file", "path": name, "size": len(data), "oid": etag(data)} for name, data in files]

        def _json(self, content: object) -> None:
            data = json.dumps(content).encode()
            self._head(200, {"content-type": "application/json", "content-length": str(len(data))})
            self.wfile.write(data)

        def _file(self, name: str) -> None:
            data, begin = hub.files[name], 0
            headers = {"etag": f'"{etag(data)}"', "accept-ranges": "bytes"}
            if self.headers.get("range"):
                hub.ranges.append(f"{name} {self.headers['range']}")
                begin = int(self.headers["range"].removeprefix("bytes=").partition("-")[0])
                headers["content-range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
            headers["content-length"] = str(len(data) - begin)
            self._head(206 if begin else 200, headers)
            if self.command == "GET":
                self._send(name, data, begin)

        def _send(self, name: str, data: bytes, begin: int) -> None:
            hub.may_send.wait()
            end = hub.breaks.pop(name, len(data))
            self.wfile.write(data[begin:end])
            if end < len(data):
                self.close_connection = True
                self.connection.close()

        def _refuse(self, status: int, code: str) -> None:
            self._head(status, {"x-error-code": code, "content-length": "0"})

        def _head(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "x-repo-commit": COMMIT}.items():
                self.send_header(name, value)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            hub.may_send.set()
            server.shutdown()
            thread.join()
