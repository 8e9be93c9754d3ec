"""A real gateway in a process of its own that starts real workers, for tests that talk to it as users do."""

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.real.worker import PATIENCE, clean_environment, eventually, free_port

WORKER = shlex.join([sys.executable, "-m", "dragoman", "serve", "--platform", "runpod"])


class Gateway:
    """``dragoman gateway`` that starts workers when there is work, on a port that stays the same.

    Args:
        directory: where its jobs are kept.
        variables: those of its workers.
    """

    def __init__(self, directory: Path, variables: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v2/local"
        self._directory = directory
        self._variables = variables
        self._written = directory / "log"

    def start(self, *options: str) -> None:
        """Starts it, or starts it again, and waits until it answers."""
        place = ("--port", str(self.port), "--db", str(self._directory / "jobs.db"))
        with self._written.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dragoman", "gateway", *place, "--worker", WORKER, *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=clean_environment() | self._variables,
            )
        eventually(self._answers, f"the gateway answers\n{self.log()}")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return httpx.get(f"{self.url}/health").status_code == 200
        except httpx.TransportError:
            return False

    def end(self) -> int:
        """Sends SIGTERM and returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def log(self) -> str:
        """All that it and its workers have written so far."""
        return self._written.read_text(errors="replace")

    def family(self) -> list[psutil.Process]:
        """The processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def submit(self, **job: object) -> str:
        """The id of a new job."""
        return str(httpx.post(f"{self.url}/run", json={"input": job}).raise_for_status().json()["id"])

    def status(self, job_id: str) -> dict[str, Any]:
        """The job's status document."""
        document: dict[str, Any] = httpx.get(f"{self.url}/status/{job_id}").raise_for_status().json()
        return document

    def reaches(self, job_id: str, status: str) -> None:
        """Waits until the job is in that state."""
        eventually(lambda: self.status(job_id)["status"] == status, f"{job_id} is {status}: {self.status(job_id)}")

    def health(self) -> dict[str, Any]:
        """The counts of jobs and workers."""
        document: dict[str, Any] = httpx.get(f"{self.url}/health").raise_for_status().json()
        return document

    def newest(self) -> dict[str, Any]:
        """The job that was submitted last."""
        listed = httpx.get(f"{self.url}/requests", params={"limit": 1}).raise_for_status().json()["requests"]
        return dict(listed[0])

    def ports(self) -> list[int]:
        """Where its workers have listened, the first one first."""
        return [int(port) for port in re.findall(r"listening on http://[^\s,]+:(\d+)$", self.log(), re.MULTILINE)]


@contextmanager
def gateway(directory: Path, variables: dict[str, str], *options: str) -> Iterator[Gateway]:
    """A gateway that answers; nothing of it is left afterwards."""
    running = Gateway(directory, variables)
    running.start(*options)
    try:
        yield running
    finally:
        family = running.family() if running.process.poll() is None else []
        running.process.kill()
        running.process.wait()
        for process in family:
            if process.is_running():
                process.kill()
