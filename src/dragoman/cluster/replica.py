"""One replica: an actor of Ray Serve's that looks after an ordinary worker on its node."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import ray
from ray import serve

from dragoman.cluster.autoscaling import ONGOING
from dragoman.cluster.order import Order
from dragoman.cluster.resources import Claim, Node
from dragoman.cluster.roster import PULSE, RemoteRoster
from dragoman.cluster.worker_process import WorkerProcess
from dragoman.errors import EngineStartError

# What belongs to the actor itself: Ray's flags for its own processes, and the threads that it sets by an actor's cores.
OF_THE_ACTOR = frozenset(
    "OMP_NUM_THREADS PYTHONBREAKPOINT RAY_JOB_ID RAY_LD_PRELOAD_ON_WORKERS RAY_OVERRIDE_NODE_ID_FOR_TESTING"
    " RAY_RAYLET_PID SPT_NOENV".split()
)
VISIBLE = "CUDA_VISIBLE_DEVICES"
KIND = "accelerator_type:"


class Replica:
    """Starts the worker and tells the roster as long as it serves.

    Serve looks after the actor: it starts another one in its place when it has gone or is not well, and ends it when
    there are too many. The worker looks after its engine, as everywhere.

    Args:
        order: what to serve.
        claim: what Ray has set aside for it.
        grace: seconds that its requests have to end.
        health: the path of the worker's probe.

    Raises:
        EngineStartError: the worker cannot start.
    """

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, order: Order, claim: Claim, grace: float, health: str
    ) -> None:
        context = serve.get_replica_context()
        self._name = context.replica_tag
        self._members = RemoteRoster(context.app_name)
        self._held = AsyncExitStack()
        here = Order(
            (*order.arguments, *_shared(claim)),
            {**_for_worker(os.environ), **order.environment, **_cluster()},
            order.place(),
        )
        self._worker = await WorkerProcess.start(here, ray.util.get_node_ip_address(), health)
        self._held.push_async_callback(self._worker.end, grace)
        try:
            await self._worker.ready()
        except EngineStartError:
            await self._held.aclose()
            raise
        self._telling = asyncio.create_task(self._tell())
        self._held.push_async_callback(self._leave)

    async def check_health(self) -> None:
        """Asked by Ray Serve; an engine that is just started again is no reason for another replica.

        Raises:
            EngineStartError: the worker has given up.
        """
        if self._worker.ended:
            await self._worker.ready()
        if self._telling.done():
            # Nobody would hear of the worker any more.
            self._telling.result()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Asked by Ray Serve: the load of this replica."""
        return {ONGOING: float(await self._members.load(self._name))}

    async def _tell(self) -> None:
        """Tells the roster whether the worker serves, again and again: a roster that was lost is made anew empty."""
        serves = True
        while serves or not self._worker.ended:
            serves = await self._worker.serves()
            if serves:
                await self._members.serve(self._name, self._worker.address)
            else:
                await self._members.leave(self._name)
            await asyncio.sleep(PULSE)

    async def _leave(self) -> None:
        self._telling.cancel()
        await self._members.leave(self._name)

    async def __del__(self) -> None:
        """Called by Ray Serve when the replica is to end, even while it starts: fronts hear of it, and it drains."""
        await self._held.aclose()


def _shared(claim: Claim) -> tuple[str, ...]:
    """The flag for a machine that is not this replica's alone."""
    node = next((node for name, node in nodes().items() if name == ray.get_runtime_context().get_node_id()), None)
    share = claim.share(node) if node else 1.0
    return () if share == 1.0 else ("--machine-share", f"{share:.4g}")


def nodes() -> dict[str, Node]:
    """The machines of the cluster, by their names."""
    alive = [node for node in ray.nodes() if node["Alive"]]
    return {node["NodeID"]: _node(node["Resources"]) for node in alive}


def _node(resources: Mapping[str, Any]) -> Node:
    kind = next((name for name in resources if name.startswith(KIND)), None)
    return Node(cpus=resources.get("CPU", 0.0), gpus=resources.get("GPU", 0.0), kind=kind)


def _for_worker(environment: Mapping[str, str]) -> dict[str, str]:
    """The actor's environment for a process that is not Ray's.

    Ray may hide all GPUs from an actor that has asked for none, where vLLM's own Ray executor has to see one.
    """
    ours = {name: value for name, value in environment.items() if name not in OF_THE_ACTOR}
    return {name: value for name, value in ours.items() if name != VISIBLE or value}


def _cluster() -> dict[str, str]:
    """The variable by which vLLM's own Ray executor finds the cluster that it is in."""
    return {"RAY_ADDRESS": ray.get_runtime_context().gcs_address}
