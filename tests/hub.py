"""A hub of models on this machine: the few routes that huggingface_hub asks when it downloads."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "org/mini"
INFO = re.compile(r"/api/models/(?P<name>[^/]+/[^/]+)(?:/revision/(?P<revision>[^/]+))?")
TREE = re.compile(r"/api/models/(?P<name>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)")
FILE = re.compile(r"/(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


class Hub:
    """Has one model with one commit, which is that of its main branch; safetensors are large files there.

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
        # Further repositories, and their files.
        self.others: dict[str, dict[str, bytes]] = {}
        self.asked: list[str] = []
        self.ranges: list[str] = []
        # How many bytes of a file are sent before the connection breaks.
        self.breaks: dict[str, int] = {}
        # How many bytes of a file are sent before nothing more comes for a while.
        self.stalls: dict[str, int] = {}
        self.may_go_on = threading.Event()
        # How many times a file is sent with other contents than it has.
        self.spoils: dict[str, int] = {}
        self.may_send = threading.Event()
        self.may_send.set()


def is_large(name: str) -> bool:
    """Whether a file is one of those that git keeps elsewhere."""
    return name.endswith(".safetensors")


def git_id(data: bytes) -> str:
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()


def etag(name: str, data: bytes) -> str:
    return sha256(data).hexdigest() if is_large(name) else git_id(data)


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
            files = {NAME: hub.files, **hub.others}.get(found["name"]) if found else None
            if found is None or files is None:
                return self._refuse(404, "RepoNotFound")
            if hub.token and self.headers.get("authorization") != f"Bearer {hub.token}":
                return self._refuse(403, "GatedRepo") if hub.gated else self._refuse(401, "RepoNotFound")
            if found["revision"] not in (None, "main", COMMIT):
                return self._refuse(404, "RevisionNotFound")
            if found.re is FILE:
                name = found["file"]
                return self._file(name, files[name]) if name in files else self._refuse(404, "EntryNotFound")
            return self._json(self._info(found["name"], files) if found.re is INFO else self._tree(files))

        def _info(self, name: str, files: dict[str, bytes]) -> object:
            siblings = [
                {"rfilename": name, "size": len(data), "blobId": git_id(data), **self._large(name, data, "sha256")}
                for name, data in files.items()
            ]
            return {"id": name, "sha": COMMIT, "siblings": siblings}

        def _tree(self, files: dict[str, bytes]) -> object:
            return [
                {"type": "file", "path": name, "size": len(data), "oid": git_id(data), **self._large(name, data, "oid")}
                for name, data in files.items()
            ]

        def _large(self, name: str, data: bytes, key: str) -> dict[str, object]:
            if not is_large(name):
                return {}
            return {"lfs": {key: sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}}

        def _json(self, content: object) -> None:
            data = json.dumps(content).encode()
            self._head(200, {"content-type": "application/json", "content-length": str(len(data))})
            self.wfile.write(data)

        def _file(self, name: str, data: bytes) -> None:
            begin = 0
            headers = {"etag": f'"{etag(name, data)}"', "accept-ranges": "bytes"}
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
            if hub.spoils.get(name, 0):
                hub.spoils[name] -= 1
                data = bytes(len(data))
            end = hub.breaks.pop(name, len(data))
            if stall := hub.stalls.pop(name, 0):
                self.wfile.write(data[begin:stall])
                begin = stall
                hub.may_go_on.wait()
            with suppress(ConnectionError):
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
            hub.may_go_on.set()
            server.shutdown()
            thread.join()
