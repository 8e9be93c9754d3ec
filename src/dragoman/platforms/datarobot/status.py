"""Tells DataRobot how the worker fares."""

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
FAILED = "The worker has given up and ends; the reason is in its log."

log = logging.getLogger("dragoman")


class Status:
    """The events of one worker, in DRUM's words as far as DRUM has some; nothing that goes wrong with them stops it.

    Args:
        environment: names the deployment, and where and with which token its events are posted; without one of
            these there are no events.
        verify_ssl: whether the server's certificate counts.
    """

    def __init__(self, environment: Mapping[str, str], verify_ssl: bool) -> None:
        endpoint, self._token, self._deployment = (environment.get(name) for name in VARIABLES)
        known = endpoint and self._token and self._deployment
        self._url = f"{str(endpoint).rstrip('/')}/remoteEvents/" if known else None
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
        asyncio.run(self._report(f"Deployment stage {self._stage} out of {self._stages}", message))

    async def fail(self) -> None:
        """Reports that the worker has given up."""
        await self._report("Deployment status", FAILED)

    async def _report(self, title: str, message: str) -> None:
        if self._url:
            try:
                await self._post(self._url, self._event(title, message))
            except (aiohttp.ClientError, OSError, ValueError) as error:
                self._warn(error)

    async def _post(self, url: str, event: dict[str, str | None]) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, trust_env=True) as session,
            session.post(url, json=event, headers=headers, ssl=self._trusted()) as response,
        ):
            response.raise_for_status()

    def _event(self, title: str, message: str) -> dict[str, str | None]:
        return {
            "eventType": "deploymentInfo",
            "title": title,
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
            log.warning("DataRobot is not told how the worker fares: %s (%s)", reason, VARIABLES[0])
