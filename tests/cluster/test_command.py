"""`dragoman serve` with replicas, on real Ray, with a fake server in vLLM's place."""

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession

from tests.processes import is_alive, program, title
from tests.real.worker import free_port
from tests.upstream import Upstream, eventually
from tests.workers import Worker, worker

# A cluster that others have made, which ends with its standard input.
CLUSTER = """
import sys
from ray.cluster_utils import Cluster
node = {"num_cpus": 2, "object_store_memory": 100 * 2**20, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args=node)
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""

# Somebody else who has the cluster's address.
DELETE = """
import sys, ray
from ray import serve
ray.init(address=sys.argv[1], logging_level="ERROR")
serve.delete("dragoman")
"""

pytestmark = pytest.mark.anyio


@pytest.fixture
def directory() -> Iterator[Path]:
    """A place whose path leaves room for the names of Ray's sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="c-") as place:
        yield Path(place)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


@contextmanager
def others() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A cluster that others have made, and the address of its head."""
    with program(CLUSTER) as ray:
        assert ray.stdout is not None
        yield ray, ray.stdout.readline().strip()


def processes(front: Worker) -> list[psutil.Process]:
    """All processes of the command, of Ray and of the replicas."""
    return psutil.Process(front.process.pid).children(recursive=True)


async def phase(front: Worker) -> str:
    return str((await front.health())[1]["phase"])


def said(front: Worker, text: str) -> bool:
    return any(text in line for line in front.lines)


# Seconds that Ray's processes may take to end on a busy machine.
PARTING = 180.0


async def all_gone(family: list[psutil.Process]) -> None:
    async with asyncio.timeout(PARTING):
        while any(is_alive(process.pid) for process in family):
            await asyncio.sleep(0.1)


async def test_answers_through_a_replica_and_leaves_nothing_behind(directory: Path, upstream: Upstream) -> None:
    async with worker(directory, "--replicas", "1", "--engine-url", upstream.url) as front:
        await front.listening()
        status, health = await front.health()
        assert (status, health["status"]) == (503, "starting")
        await front.ready()

        async with front.chat("mini") as answer:
            text = await answer.text()
        family = processes(front)
        front.send_signal(signal.SIGTERM)

        assert "Guten" in text
        assert await front.ended() == 0
        await all_gone(family)
        assert not list(directory.iterdir())


async def test_a_stream_that_runs_is_ended_before_its_replica(directory: Path, upstream: Upstream) -> None:
    async with worker(directory, "--replicas", "1", "--engine-url", upstream.url) as front:
        await front.ready()
        async with front.chat("gated") as answer:
            await answer.content.readline()
            front.send_signal(signal.SIGTERM)
            await eventually(lambda: said(front, "draining"))
            async with front.chat("mini") as refused:
                assert refused.status == 503
            upstream.gate.set()
            text = await answer.text()

        assert text.endswith("data: [DONE]\n\n")
        assert await front.ended() == 0


async def test_the_load_decides_how_many_replicas_there_are(directory: Path, upstream: Upstream) -> None:
    flags = ("--max-replicas", "2", "--target-ongoing-requests", "1", "--engine-url", upstream.url)
    async with worker(directory, *flags) as front:
        await front.ready()
        assert await phase(front) == "1 of 1 replicas"
        async with front.chat("endless"), front.chat("endless"), front.chat("endless"):
            await eventually(lambda: said(front, "autoscaling") or sum("serves at" in it for it in front.lines) == 2)
            await eventually(lambda: sum("serves at" in it for it in front.lines) == 2)


async def test_a_replica_that_cannot_start_ends_the_command_with_its_words(directory: Path, upstream: Upstream) -> None:
    upstream.status = 503
    flags = ("--replicas", "1", "--startup-timeout", "1", "--engine-url", upstream.url)
    async with worker(directory, *flags) as front:
        assert await front.ended() == 3

        assert said(front, "no replica can start")
        assert said(front, "the engine was not ready within 1 s (startup_timeout)")


async def test_a_second_port_answers_probes_alone(directory: Path) -> None:
    port = free_port()
    async with worker(directory, "--replicas", "1", "--health-port", str(port)) as front, ClientSession() as http:
        await eventually(lambda: said(front, "starting Ray"))

        async with http.get(f"http://127.0.0.1:{port}/health") as probe:
            assert (probe.status, (await probe.json())["status"]) == (503, "starting")
        async with http.get(f"http://127.0.0.1:{port}/v1/models") as other:
            assert other.status == 404


async def test_ends_at_once_while_ray_starts(directory: Path) -> None:
    async with worker(directory, "--replicas", "1") as front:
        await eventually(lambda: said(front, "starting Ray"))
        family = processes(front)

        front.send_signal(signal.SIGTERM)

        assert await front.ended() == 0
        await all_gone(family)


async def test_ends_while_a_replica_starts(directory: Path, upstream: Upstream) -> None:
    upstream.status = 503
    async with worker(directory, "--replicas", "1", "--engine-url", upstream.url) as front:
        await eventually(lambda: said(front, "waiting for "))
        family = processes(front)

        front.send_signal(signal.SIGTERM)

        assert await front.ended() == 0
        await all_gone(family)
        assert not said(front, "Traceback")


async def test_ends_while_replicas_wait_for_gpus(directory: Path) -> None:
    async with worker(directory, "--replicas", "1", "--gpus", "1", "--model", "org/m") as front:
        await eventually(lambda: "ServeController" in "".join(title(process) for process in processes(front)))
        await eventually(lambda: said(front, "starting 1 replica"))

        front.send_signal(signal.SIGTERM)

        async with asyncio.timeout(30):
            assert await front.ended() == 0


async def test_a_second_signal_ends_what_the_replicas_take_too_long_for(directory: Path, upstream: Upstream) -> None:
    async with worker(directory, "--replicas", "1", "--engine-url", upstream.url) as front:
        await front.ready()
        family = processes(front)
        next(process for process in family if title(process) == "dragoman fleet").suspend()
        front.send_signal(signal.SIGTERM)
        await eventually(lambda: said(front, "draining"))

        front.send_signal(signal.SIGINT)

        assert await front.ended() == 1
        await all_gone(family)


async def test_replicas_serve_on_while_serves_controller_is_started_anew(directory: Path, upstream: Upstream) -> None:
    def controllers() -> list[psutil.Process]:
        return [process for process in processes(front) if "ServeController" in title(process)]

    async with worker(directory, "--replicas", "1", "--engine-url", upstream.url) as front:
        await front.ready()
        (killed,) = controllers()

        killed.kill()

        await eventually(lambda: bool(controllers()) and killed not in controllers())
        async with front.chat("mini") as answer:
            assert "Guten" in await answer.text()
        front.send_signal(signal.SIGTERM)
        assert await front.ended() == 0


async def test_all_that_is_said_is_json_where_that_was_asked_for(directory: Path, upstream: Upstream) -> None:
    flags = ("--replicas", "1", "--engine-url", upstream.url)
    async with worker(directory, *flags, variables={"DRAGOMAN_LOG_FORMAT": "json"}) as front:
        await eventually(lambda: said(front, "serves at"))
        front.send_signal(signal.SIGTERM)
        assert await front.ended() == 0

        lines = [json.loads(line) for line in front.lines]
        assert any(line["message"].startswith("listening on") and "Replica" in line.get("ray", "") for line in lines)


async def test_a_cluster_of_its_own_needs_no_home(directory: Path, upstream: Upstream) -> None:
    flags = ("--replicas", "1", "--ray-address", "local", "--engine-url", upstream.url)
    async with worker(directory, *flags, variables={"HOME": "/proc/nowhere"}) as front:
        await front.ready()
        assert said(front, "starting Ray on this machine")


async def test_what_a_killed_command_has_started_ends_with_it(directory: Path, upstream: Upstream) -> None:
    async with worker(directory, "--replicas", "1", "--engine-url", upstream.url) as front:
        await front.ready()
        family = processes(front)

        front.send_signal(signal.SIGKILL)

        await front.ended()
        await all_gone(family)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (("--replicas", "2", "--max-replicas", "3"), "contradicts"),
        (("--min-replicas", "2"), "min_replicas"),
        (("--min-replicas", "3", "--max-replicas", "2"), "min_replicas"),
        (("--replicas", "1", "--nnodes", "2"), "nnodes"),
        (("--replicas", "1", "--ray-address", "127.0.0.1:1"), "nothing answers at 127.0.0.1:1"),
    ],
)
async def test_what_cannot_work_is_said_at_once(directory: Path, flags: tuple[str, ...], problem: str) -> None:
    async with worker(directory, *flags) as front:
        assert await front.ended() == 2

        assert said(front, problem)


async def test_on_a_cluster_of_others_a_killed_command_is_followed_by_the_next_one(
    directory: Path, upstream: Upstream
) -> None:
    with others() as (ray, address):
        flags = ("--replicas", "1", "--ray-address", address, "--engine-url", upstream.url)
        async with worker(directory, *flags) as killed:
            await killed.ready()
            killed.send_signal(signal.SIGKILL)
            await killed.ended()
        async with worker(directory, *flags) as front:
            await front.ready()
            async with front.chat("mini") as answer:
                assert "Guten" in await answer.text()
            front.send_signal(signal.SIGTERM)
            assert await front.ended() == 0
        left = psutil.Process(ray.pid).children(recursive=True)
        assert not [title(process) for process in left if "dragoman" in title(process)]


async def test_a_cluster_of_others_has_one_front_until_its_application_is_deleted(
    directory: Path, upstream: Upstream
) -> None:
    with others() as (_, address):
        flags = ("--replicas", "1", "--ray-address", address, "--engine-url", upstream.url)
        async with worker(directory, *flags) as first:
            await first.ready()
            async with worker(directory, *flags) as second:
                assert await second.ended() == 2
                assert said(second, "another command has replicas on this cluster")
            async with first.chat("mini") as answer:
                assert "Guten" in await answer.text()

            deleting = await asyncio.create_subprocess_exec(sys.executable, "-c", DELETE, address)

            assert await first.ended() == 3
            assert said(first, "is on the Ray cluster no more")
            assert await deleting.wait() == 0
