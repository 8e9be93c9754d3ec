"""A real worker in a process of its own, for tests that talk to it as users do."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import psutil

from tests.processes import title

PATIENCE = 180.0
# Variables that set something on one of the platforms begin so.
SETTINGS = ("CODE_DIR DRAGOMAN_ HF_MODEL_ MLOPS_ MODEL OPTION_ RUNPOD_ SAGEMAKER_ SERVING_ TARGET_ VLLM_").split()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def eventually(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Waits for a condition; fails the test when it does not come."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience:g} s: {what}")
        time.sleep(0.02)


class Worker:
    """``dragoman serve`` with arguments and variables of the test's choice, on a free port."""

    def __init__(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        self._arguments = arguments
        self._variables = variables or {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile("w+")
        command = [sys.executable, "-m", "dragoman", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, *self._arguments],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**clean_environment(), **self._variables},
        )
        eventually(self._listens, "the worker listens")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if kind is not None:
            print(self.log())
        self._log.close()

    def _listens(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0 or self.process.poll() is not None

    def log(self) -> str:
        """All that it has written so far."""
        self._log.seek(0)
        return self._log.read()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a GET."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /health."""
        status, body = self.get("/health")
        return status, json.loads(body)

    def wait_ready(self) -> Self:
        """Waits until a first token has been produced."""
        eventually(self._is_ready, "the worker is ready")
        return self

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"the worker ended with {self.process.returncode}\n{self.log()}"
        return self.health()[0] == 200

    def metric(self, name: str) -> float:
        """The sum of a Prometheus metric over its labels."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition("{")[0].partition(" ")[0] == name)

    def family(self) -> dict[str, psutil.Process]:
        """The worker's processes: doorman, preloader, server and EngineCore."""
        doorman = psutil.Process(self.process.pid)
        named = {"doorman": doorman}
        for process in doorman.children(recursive=True):
            for name in ("preloader", "server", "EngineCore"):
                if name in title(process):
                    named[name] = process
        return named

    def terminate(self) -> int:
        """Sends SIGTERM and returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def clean_environment() -> dict[str, str]:
    """The environment without settings that would change what a test sees; logs are for people."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(tuple(SETTINGS))}
    return {**kept, "DRAGOMAN_LOG_FORMAT": "human"}
