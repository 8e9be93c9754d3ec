"""A worker as SageMaker starts an LMI container."""

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.platforms.lmi.templates import VARIABLES
from tests.real.worker import Worker, clean_environment, eventually

SMALL = {"OPTION_KV_CACHE_MEMORY_BYTES": "512M", "OPTION_ENFORCE_EAGER": "true", "OMP_NUM_THREADS": "1"}
"""What keeps several engines beside each other quick on few cores."""

TOOLS = {"OPTION_ENABLE_AUTO_TOOL_CHOICE": "true", "OPTION_TOOL_CALL_PARSER": "hermes"}

LATER = {name: value for name, value in VARIABLES.items() if name != "OPTION_ROLLING_BATCH"}
"""The guide's variables without its rolling batch."""

Json = dict[str, Any]


class Container(Worker):
    """``dragoman serve`` without any flag: all that it knows comes from its environment and the model's directory."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables={**SMALL, **variables})
        self._variables = {**self._variables, "SAGEMAKER_BIND_TO_PORT": str(self.port)}
        self.http = httpx.Client(base_url=self.url, timeout=60)

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dragoman", "serve"],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**clean_environment(), **self._variables},
        )
        eventually(self._listens, "the worker listens")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        super().__exit__(kind, error, trace)

    def post(self, content: Json, path: str = "/invocations", **headers: str) -> httpx.Response:
        """Posts JSON; an underscore in the name of a header is a hyphen."""
        return self.http.post(path, json=content, headers={name.replace("_", "-"): v for name, v in headers.items()})

    @contextmanager
    def unread(self, content: Json) -> Iterator[None]:
        """A client that posts JSON and leaves in the end without having read anything."""
        body = json.dumps(content)
        head = f"POST /invocations HTTP/1.1\r\nHost: {self.port}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall((head + body).encode())
            yield

    def counts(self, metric: str, number: int) -> None:
        """Waits until a metric has a value."""
        try:
            eventually(lambda: self.metric(metric) == number, metric, patience=20)
        except AssertionError:
            raise AssertionError(f"{metric} is {self.metric(metric)}, not {number}") from None


def model_directory(parent: Path, properties: str) -> Path:
    """A model's directory with nothing but a serving.properties, which nobody may write to."""
    directory = parent / "model"
    directory.mkdir()
    (directory / "serving.properties").write_text(properties)
    directory.chmod(0o555)
    return directory
