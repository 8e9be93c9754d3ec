"""`dragoman serve` with replicas: the front of a cluster, from its first second to its last."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import time
from collections.abc import Sequence

import uvloop
from setproctitle import setproctitle

from dragoman.cluster.assembly import front
from dragoman.cluster.fleet_output import FleetOutput
from dragoman.cluster.fleet_process import FleetProcess
from dragoman.cluster.front import CONNECT, Front
from dragoman.cluster.manners import Manners
from dragoman.cluster.messages import Hopeless, Load, Members, Phase
from dragoman.cluster.scale import Scale
from dragoman.engine.relay import session
from dragoman.errors import ConfigurationError, DragomanError, EngineStartError
from dragoman.process import kinship
from dragoman.process.address import Address
from dragoman.process.listener import HttpOptions, Listener
from dragoman.process.run_directory import RunDirectory
from dragoman.serving import probes
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.observation import Observation
from dragoman.settings.resolution import Resolution

TICK = 0.02
# Seconds between reports of the load.
PULSE = 1.0
# Seconds that what the fleet leaves has to end by itself.
ORPHANS = 3.0

log = logging.getLogger("dragoman")


def run(resolution: Resolution, arguments: Sequence[str], scale: Scale) -> int:
    """Serves until SIGTERM or SIGINT.

    Args:
        resolution: settings without errors.
        arguments: the command line that they came from.
        scale: how many replicas there are to be.

    Returns:
        0 after a drain, 1 when a second signal cut the drain short.

    Raises:
        ConfigurationError: the address cannot be had, or no cluster can be reached.
        EngineStartError: no replica can start.
    """
    launched = time.monotonic()
    setproctitle("dragoman front")
    value = resolution.value
    address = Address(value("host"), value("port"), value("uds"), tls=value("ssl_certfile") is not None)
    with contextlib.ExitStack() as held:
        sock = held.enter_context(address.bind())
        held.callback(address.release)
        probed = Address.of_probes(value)
        health_sock = held.enter_context(probed.bind()) if probed else None
        directory = held.enter_context(RunDirectory()).path
        log.info("listening on %s", address.of(sock))
        output = FleetOutput() if Observation.of(value, sys.stderr).log_format == "json" else None
        fleet = FleetProcess(arguments, directory, value("grace_period"), output)
        return uvloop.run(_Command(resolution, scale, fleet, sock, launched, health_sock).run())


class _Command:
    """Serves the address while the fleet comes, is there, and goes."""

    def __init__(
        self,
        resolution: Resolution,
        scale: Scale,
        fleet: FleetProcess,
        sock: socket.socket,
        launched: float,
        health_sock: socket.socket | None,
    ) -> None:
        self._resolution = resolution
        self._scale = scale
        self._fleet = fleet
        self._sock = sock
        self._health_sock = health_sock
        self._lifecycle = Lifecycle(launched)
        self._ended = asyncio.Event()
        self._again = asyncio.Event()

    async def run(self) -> int:
        """Returns and raises what ``run`` of this module does."""
        kinship.adopt_orphans()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._signalled)
        async with session(connect=CONNECT) as http:
            passing, app = front(self._resolution, http, self._scale.least, self._lifecycle)
            grace = self._resolution.value("grace_period")
            http_options = HttpOptions.of(self._resolution.value)
            listener = Listener(app, self._sock, http_options, grace)
            await listener.open()
            if self._health_sock:
                alone = probes.on_their_own(Manners.of(self._resolution).probe, self._lifecycle)
                await Listener(alone, self._health_sock, http_options, grace=1).open()
            try:
                async with self._fleet:
                    await self._serve(passing, listener, grace)
                return 1 if self._again.is_set() else 0
            finally:
                await asyncio.to_thread(kinship.end_orphans, ORPHANS, -1)

    def _signalled(self) -> None:
        if self._ended.is_set():
            self._again.set()
            self._fleet.hurry()
        self._ended.set()

    async def _serve(self, passing: Front, listener: Listener, grace: float) -> None:
        following = asyncio.create_task(self._follow(passing))
        reporting = asyncio.create_task(self._report(passing))
        ended = asyncio.create_task(self._ended.wait())
        tasks = (following, reporting, ended)
        await asyncio.wait([following, ended], return_when=asyncio.FIRST_COMPLETED)
        try:
            await (self._drain(listener, passing, grace) if ended.done() else following)
        finally:
            for task in tasks:
                task.cancel()
            # What the fleet says while it drains concerns nobody.
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, passing: Front) -> None:
        """Does as the fleet says, which ends by itself only where it cannot go on."""
        async for message in self._fleet.messages():
            match message:
                case Phase(name):
                    self._enter(name)
                case Members(replicas):
                    passing.update(replicas)
                case Hopeless(reason, exit_code, details):
                    raise _error(reason, exit_code, details)
        raise EngineStartError(f"the process that deals with Ray ended with exit code {await self._fleet.code()}")

    async def _report(self, passing: Front) -> None:
        while True:
            self._fleet.tell(Load(passing.load))
            await asyncio.sleep(PULSE)

    def _enter(self, phase: str) -> None:
        log.info("%s (%.1f s)", phase, self._lifecycle.seconds)
        if self._lifecycle.status is Status.STARTING:
            self._lifecycle.enter(Status.STARTING, phase)

    async def _drain(self, listener: Listener, passing: Front, grace: float) -> None:
        """Takes no more requests and lets answers end, unless a second signal cuts that short."""
        log.info("draining for at most %g s", grace)
        self._lifecycle.enter(Status.DRAINING)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while any(passing.load.values()) and not self._again.is_set():
                    await asyncio.sleep(TICK)
        if (serving := listener.close()) and not self._again.is_set():
            await serving


def _error(reason: str, exit_code: int, details: Sequence[str]) -> DragomanError:
    if exit_code == ConfigurationError.exit_code:
        return ConfigurationError(reason)
    return EngineStartError(reason, details)
