"""The variables that point workers and clients at a gateway, for processes and as lines for a person's shell."""

import shlex
from dataclasses import dataclass
from urllib.parse import quote

from dragoman.gateway.auth import VARIABLE, Keys
from dragoman.gateway.terms import Terms

NO_KEY = "none"
"""What stands for a key where none is needed: RunPod's SDK sends no pings, and OpenAI's client nothing, without one."""

PINGS = 3
"""How often a worker is to be heard of, at least, in the time after which it counts as lost."""

SHORTEST_INTERVAL = 1_000
LONGEST_INTERVAL = 10_000
"""Milliseconds between pings: RunPod's SDK drops parts of a second, and has this much if it is told nothing."""


@dataclass(frozen=True)
class Environment:
    """How to reach an endpoint of a gateway. The names are those that RunPod's SDK (release 1.12) and OpenAI's read.

    Attributes:
        url: the gateway, such as ``http://127.0.0.1:8000``.
        endpoint_id: the endpoint.
        keys: what opens it.
        lost_after: seconds of silence after which a worker counts as lost.
    """

    url: str
    endpoint_id: str
    keys: Keys
    lost_after: float = Terms.lost_after

    def worker(self, worker_id: str) -> dict[str, str]:
        """The variables of a worker that the gateway starts itself, its key among them."""
        key = self.keys.values[0] if self.keys else NO_KEY
        return self._places() | {"RUNPOD_POD_ID": worker_id, "RUNPOD_AI_API_KEY": key}

    def worker_lines(self) -> list[str]:
        """The same for a shell in which somebody starts a worker; each shell is another worker."""
        places = [f"export {name}={shlex.quote(value)}" for name, value in self._places().items()]
        return [*places, 'export RUNPOD_POD_ID="worker-$$"', f"export RUNPOD_AI_API_KEY={self._key()}"]

    def client_lines(self) -> list[str]:
        """The lines for a shell in which somebody starts clients: RunPod's, and OpenAI's."""
        return [
            f"export RUNPOD_ENDPOINT_BASE_URL={shlex.quote(f'{self.url}/v2')}",
            f"export RUNPOD_API_KEY={self._key()}",
            f"export OPENAI_BASE_URL={shlex.quote(f'{self._base()}/openai/v1')}",
            f"export OPENAI_API_KEY={self._key()}",
        ]

    def _base(self) -> str:
        return f"{self.url}/v2/{quote(self.endpoint_id, safe='')}"

    def _places(self) -> dict[str, str]:
        """The SDK puts the ids of worker and job in, and appends to the query, so that there must be one."""
        base = self._base()
        return {
            "RUNPOD_WEBHOOK_GET_JOB": f"{base}/job-take/$ID?gpu=local",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{base}/job-done/$RUNPOD_POD_ID/$ID?gpu=local",
            "RUNPOD_WEBHOOK_POST_STREAM": f"{base}/job-stream/$RUNPOD_POD_ID/$ID?gpu=local",
            "RUNPOD_WEBHOOK_PING": f"{base}/ping/$RUNPOD_POD_ID?gpu=local",
            "RUNPOD_PING_INTERVAL": str(self._ping_interval()),
            "RUNPOD_ENDPOINT_ID": self.endpoint_id,
            # The SDK's own checks of a machine want the internet, and a GPU that passes its tests.
            "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
            "RUNPOD_SKIP_GPU_CHECK": "true",
        }

    def _ping_interval(self) -> int:
        wanted = int(self.lost_after * 1000 / PINGS)
        return min(max(wanted, SHORTEST_INTERVAL), LONGEST_INTERVAL)

    def _key(self) -> str:
        """A reference for the shell: the variable, or the first of the keys in it."""
        if not self.keys:
            return NO_KEY
        return f'"${VARIABLE}"' if len(self.keys.values) == 1 else f'"${{{VARIABLE}%%,*}}"'
