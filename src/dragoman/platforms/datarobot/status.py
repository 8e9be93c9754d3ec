"""Tells DataRobot how far the start is."""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

VARIABLES = ("DATAROBOT_ENDPOINT", "DATAROBOT_API_TOKEN", "MLOPS_DEPLOYMENT_ID")
TIMEOUT = aiohttp.ClientTimeout(total=5)
# Where the certificates are by which DRUM's HTTP library knows servers.
BUNDLE = "REQUESTS_CA_BUNDLE"
RUNNING = "Running user provided load-model hook..."
COMPLETED = "Load-model hook completed."
LAUNCHING = "vLLM Inference Server is launching..."
FAILED = "custom.py failed, and the worker ends; the reason is in its log."

log = logging.getLogger("dragoman")


class Status:
    """The events of one start, in DRUM's words; nothing that goes wrong with them stops it.

    Args:
        environment: names the deployment, and where and with which token its events are posted; without one of
            these there are no events.
        verify_ssl: whether the server's certificate counts.
    """

    def __init__(self, environment: Mapping[str, str], verify_ssl: bool) -> None:
        self._endpoint, self._token, self._deployment = (environment.get(name) for name in VARIABLES)
        self._bundle = environment.get(BUNDLE)
        self._verify_ssl = verify_ssl
        self._stages = 0
        self._stage = 0
        self._warned = False

    def begin(self, stages: int) -> None:
        """Says how many stages this start has."""
        self._stages = stages

    def enter(self, message: str) -> None:
        """Reports the next stage."""
        self._stage += 1
        self._report(message)

    def fail(self) -> None:
        """Reports that the stage that was entered last has failed."""
        self._report(FAILED)

    def _report(self, message: str) -> None:
        if self._endpoint and self._token and self._deployment:
            try:
                asyncio.run(self._post(f"{self._endpoint.rstrip('/')}/remoteEvents/", message))
            except (aiohttp.ClientError, OSError, ValueError) as error:
                self._warn(error)

    async def _post(self, url: str, message: str) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, trust_env=True) as session,
            session.post(url, json=self._event(message), headers=headers, ssl=self._trusted()) as response,
        ):
            response.raise_for_status()

    def _event(self, message: str) -> dict[str, str | None]:
        stage = f"Deployment stage {self._stage} out of {self._stages}" if self._stage else "Deployment status"
        return {
            "eventType": "deploymentInfo",
            "title": stage,
            "message": message,
            "timestamp": datetime.now(UTC).isoformat(),
            "deploymentId": self._deployment,
        }

    def _trusted(self) -> ssl.SSLContext | bool:
        if not self._verify_ssl or not self._bundle:
            return self._verify_ssl
        if Path(self._bundle).is_dir():
            return ssl.create_default_context(capath=self._bundle)
        return ssl.create_default_context(cafile=self._bundle)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            reason = str(error) or type(error).__name__
            log.warning("DataRobot is not told how far the start is: %s (%s)", reason, VARIABLES[0])
