"""A queue endpoint: the job loop and what goes with it."""

from collections.abc import Mapping

from dragoman.engine.client import Client
from dragoman.platforms.runpod.jobs.handler import Jobs
from dragoman.platforms.runpod.jobs.options import Options
from dragoman.platforms.runpod.sdk import Loop, Pings
from dragoman.settings.values import Value


class Queue:
    """Takes jobs from RunPod's queue as long as the worker lives.

    Args:
        client: the engine's.
        settings: those that the platform hands down.
    """

    def __init__(self, client: Client, settings: Mapping[str, Value]) -> None:
        self._loop = Loop(Jobs(client, Options.of(settings)), settings["max_concurrency"], settings["refresh_worker"])
        self._pings = Pings(settings["runpod_ping_interval"] / 1000)

    async def run(self) -> None:
        """Takes and does jobs until it is closed, or until one has ended that was to be the last."""
        self._pings.start()
        await self._loop.run()

    def close(self) -> None:
        """Takes no more jobs."""
        self._loop.kill_worker()
