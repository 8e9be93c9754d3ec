"""The process that deals with Ray: it asks Ray Serve for the replicas, looks after them, and gives them back.

Run as ``python -m dragoman.cluster.fleet`` with its errand on standard input. Ray has threads, signal handlers and
memory of its own, which the front has no use for.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from setproctitle import setproctitle

from dragoman import logs
from dragoman.cluster import connection
from dragoman.cluster.fleet_errand import Errand
from dragoman.cluster.fleet_process import ENDING
from dragoman.cluster.messages import Hopeless, Joined, Load, Members, Message, Phase, from_line, to_line
from dragoman.cluster.order import Order
from dragoman.cluster.roster import PATIENCE as SILENCE
from dragoman.cluster.roster import RemoteRoster
from dragoman.cluster.scale import Scale
from dragoman.errors import ConfigurationError, DragomanError, EngineStartError
from dragoman.platforms import resolve
from dragoman.process import kinship
from dragoman.serving.observing.observation import Observation
from dragoman.settings.resolution import Resolution

if TYPE_CHECKING:
    from ray.serve.schema import ApplicationStatusOverview

# What the application is called in Ray Serve.
NAME = "dragoman"
# Seconds between two looks at what Serve says, while replicas are started for the first time, and later.
EAGER, CALM = 0.5, 3.0
# What Serve says of an application that it is taking down, of one that it could not bring up, and of why.
DELETING, DEPLOY_FAILED, UNWELL = "DELETING", "DEPLOY_FAILED", "HEALTH_CHECK_FAILED"
TAKEN = (
    f"ray_address: another command has replicas on this cluster, as the application {NAME} of Ray Serve; "
    "end it first, or use another cluster"
)
LOST = f"the application {NAME} is on the Ray cluster no more: somebody else has deleted it, or shut Ray Serve down"
# Seconds that replicas have to end that have never served.
HASTE = 5.0
# Seconds that what Ray leaves has to end by itself.
PATIENCE = 3.0

log = logging.getLogger("dragoman")


def main() -> None:
    """Has replicas serve until SIGTERM or the end of the front, however that ends."""
    setproctitle("dragoman fleet")
    errand = Errand.from_json(sys.stdin.buffer.read())
    kinship.adopt_orphans()
    os.set_inheritable(errand.descriptor, False)
    # An interrupt in a terminal is for the front, which drains first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resolution = resolve(errand.arguments, os.environ)
    observation = Observation.of(resolution.value, sys.stderr)
    logs.configure(observation.log_format, observation.log_level, root=True)
    try:
        asyncio.run(_Fleet(errand, resolution).run())
    finally:
        kinship.end_orphans(PATIENCE, spare=-1)


class _Fleet:
    """The replicas of one configuration, and the connection to their front."""

    def __init__(self, errand: Errand, resolution: Resolution) -> None:
        self._errand = errand
        self._resolution = resolution
        self._scale = Scale.of(resolution.value) or Scale(1, 1, 1.0)
        self._told = ""
        self._served = False

    async def run(self) -> None:
        sock = socket.socket(fileno=self._errand.descriptor)
        self._reader, self._writer = await asyncio.open_connection(sock=sock)
        try:
            await self._serve()
        except DragomanError as error:
            self._tell(Hopeless(str(error), error.exit_code, list(error.details)))
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()
            self._writer.close()

    def _tell(self, message: Message) -> None:
        self._writer.write(to_line(message))

    async def _serve(self) -> None:
        address = self._resolution.value("ray_address")
        address = None if address == connection.LOCAL else address
        self._tell(Phase(f"joining the Ray cluster {address}" if address else "starting Ray on this machine"))
        await self._writer.drain()
        with connection.connected(address, Path(self._errand.directory), self._scale.most):
            self._tell(Joined())
            # Ray has taken the signal for itself.
            ended: asyncio.Queue[None] = asyncio.Queue()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.put_nowait, None)
            roster = RemoteRoster(NAME)
            await self._alone(roster)
            async with self._deployed(roster):
                tasks = [asyncio.create_task(it) for it in (self._learn(roster), self._report(roster), self._look())]
                tasks.append(asyncio.create_task(ended.get()))
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()

    async def _alone(self, roster: RemoteRoster) -> None:
        """Returns when no other front is there; one that was killed counts until it has been silent for long enough.

        Raises:
            ConfigurationError: one is there to stay.
        """
        from ray.exceptions import RayError

        for _ in range(round(SILENCE / EAGER) + 1):
            # A command that ends just now takes its roster with it.
            with contextlib.suppress(RayError):
                if not await roster.fronts():
                    return
            await asyncio.sleep(EAGER)
        raise ConfigurationError(TAKEN)

    @contextlib.asynccontextmanager
    async def _deployed(self, roster: RemoteRoster) -> AsyncIterator[None]:
        """The replicas asked for, and given back in the end."""
        from ray import serve

        from dragoman.cluster.application import replicas

        self._tell(Phase(f"starting {self._scale}"))
        try:
            # Requests go to the front, so Serve needs no proxies of its own.
            serve.start(proxy_location="Disabled", logging_config={"log_level": "WARNING"})
            order = Order.of_command(self._errand.arguments, os.environ)
            target = serve.RunTarget(replicas(order, self._resolution, self._scale), name=NAME, route_prefix=None)
            serve.run_many([target], wait_for_applications_running=False)
            yield
        finally:
            await self._give_back(roster)

    async def _give_back(self, roster: RemoteRoster) -> None:
        """Returns when the replicas have ended, or belong to a command that has come after this one."""
        from ray import serve
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        with contextlib.suppress(RayError, RayServeException):
            serve.delete(NAME, _blocking=False)
            # For a replica that has no place yet Serve waits as long as for others, though there is nothing to end.
            patience = self._resolution.value("grace_period") + ENDING if self._served else HASTE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._deleted()
            status = serve.status().applications.get(NAME)
            if status is None or status.status == DELETING:
                roster.end()

    async def _deleted(self) -> None:
        """Returns when Serve has ended the replicas, or has been told to serve anew."""
        from ray import serve

        deleting = False
        while status := serve.status().applications.get(NAME):
            if deleting and status.status != DELETING:
                return
            deleting = deleting or status.status == DELETING
            await asyncio.sleep(EAGER)

    async def _learn(self, roster: RemoteRoster) -> None:
        async for replicas in roster.news():
            self._served = self._served or bool(replicas)
            self._tell(Members(replicas))

    async def _report(self, roster: RemoteRoster) -> None:
        """Passes the front's load on; ends with the connection."""
        with contextlib.suppress(ConnectionError):
            while line := await self._reader.readline():
                if isinstance(message := from_line(line), Load):
                    await roster.report("front", message.requests)

    async def _look(self) -> None:
        """Looks after what Serve says of the replicas.

        Raises:
            EngineStartError: they cannot start, as it says, or they were taken away.
        """
        from ray import serve
        from ray.exceptions import ActorDiedError, RayError
        from ray.serve.exceptions import RayServeException

        pause = EAGER
        while True:
            try:
                status = serve.status().applications.get(NAME)
            except (ActorDiedError, RayServeException) as error:
                raise EngineStartError(LOST) from error
            except RayError:
                # Serve's controller is just started anew; the replicas serve on.
                await asyncio.sleep(CALM)
                continue
            if status is None or status.status == DELETING:
                raise EngineStartError(LOST)
            self._heed(status)
            pause = CALM if status.status == "RUNNING" else pause
            await asyncio.sleep(pause)

    def _heed(self, status: "ApplicationStatusOverview") -> None:
        deployments = status.deployments.values()
        told = next((it.message for it in deployments if it.message), status.message)
        # One that was well before is replaced.
        if status.status == DEPLOY_FAILED and not any(it.status_trigger == UNWELL for it in deployments):
            reason, *details = told.splitlines()
            raise EngineStartError(f"no replica can start: {reason}", details)
        if told and told != self._told:
            self._told = told
            log.warning("%s", told)


if __name__ == "__main__":
    main()
