"""A worker that does what a test tells it, step by step, in the protocol of RunPod's SDK."""

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from tests.gateway.browser.serving import ENDPOINT

HELD = 30.0


@dataclass(frozen=True)
class Task:
    """A job as the worker was handed it."""

    id: str
    input: object


class Worker:
    """Args:
    address: the gateway's.
    name: the worker's id.
    key: what opens the gateway.
    """

    def __init__(self, address: str, name: str = "worker-1", key: str = "none") -> None:
        self.name = name
        base = f"{address}/v2/{ENDPOINT}"
        self._http = httpx.Client(base_url=base, headers={"authorization": key}, timeout=HELD, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def take(self) -> Task:
        """Waits for the next job."""
        job = self._get("job-take").json()
        return Task(job["id"], job["input"])

    def stops(self) -> list[str]:
        """Waits to be told which jobs to stop."""
        ids: list[str] = self._get("job-stop").json()["jobsToStop"]
        return ids

    def ping(self, **query: str) -> None:
        """Tells of itself."""
        self._get("ping", **query)

    def streams(self, task: Task, *outputs: object) -> None:
        """Posts pieces of the job's stream."""
        for output in outputs:
            self._post("job-stream", task, {"output": output})

    def progress(self, task: Task, output: object) -> None:
        """Posts how far it is."""
        self._post("job-done", task, {"status": "IN_PROGRESS", "output": output})

    def done(self, task: Task, output: object = None) -> None:
        """Ends the job."""
        self._post("job-done", task, {"output": output})

    def fails(self, task: Task, error: str) -> None:
        """Ends the job with an error."""
        self._post("job-done", task, {"error": error})

    def _get(self, what: str, **query: str) -> httpx.Response:
        response = self._http.get(f"/{what}/{self.name}", params={"gpu": "none", **query})
        assert response.status_code == 200
        return response

    def _post(self, what: str, task: Task, body: object) -> None:
        response = self._http.post(f"/{what}/{self.name}/{task.id}?gpu=none&isStream=false", content=json.dumps(body))
        assert response.status_code == 200
