"""What a RayService deploys: how it is built, and what it answers on real Ray behind HAProxy."""

import asyncio
import json
import random
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from ray.serve.deployment import Deployment

from dragoman.cluster.application import Arguments, build
from dragoman.cluster.resources import Node
from dragoman.errors import ConfigurationError
from tests.processes import DEADLINE, end_family, is_alive, program, title
from tests.upstream import Upstream, eventually

# A cluster that serves a configuration file, as `serve run` does. It says what has become of the application, and ends
# with its standard input.
CLUSTER = """
import dataclasses, json, os, sys, time
os.environ.update(json.loads(sys.argv[1]))
import ray
from ray import serve
from ray.serve.scripts import cli
directory, configuration = sys.argv[2:]
told, sys.stdout = sys.stdout, sys.stderr
ray.init("local", num_cpus=2, include_dashboard=False, object_store_memory=100 * 2**20, _temp_dir=directory)
cli(["run", "--non-blocking", configuration], standalone_mode=False)
while (it := serve.status().applications["dragoman"]).status in ("NOT_STARTED", "DEPLOYING"):
    time.sleep(0.2)
print(json.dumps(dataclasses.asdict(it)), file=told, flush=True)
sys.stdin.read()
serve.shutdown()
ray.shutdown()
"""
# How often a replica tells its load, which Ray means to leave to a variable of its own some day.
DEPRECATED = "ignore:The `metrics_interval_s` field:DeprecationWarning"
KEY = "open-sesame"
# Below those that systems give to who asks for any, and above Ray's own.
PORTS = range(20000, 32000)
# Seconds after which an answer will not come.
PATIENCE = 30.0

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def machines(monkeypatch: pytest.MonkeyPatch) -> dict[str, Node]:
    """The cluster for which applications are built here; Ray knows of none."""
    found = {"one": Node(cpus=8, gpus=0)}
    monkeypatch.setattr("dragoman.cluster.application.nodes", lambda: found)
    return found


def deployments(
    *arguments: str, environment: Mapping[str, str] | None = None, fronts: int = 1
) -> tuple[Deployment, Deployment]:
    """The fronts, and the replicas."""
    args = Arguments(arguments=list(arguments), environment=dict(environment or {}), fronts=fronts)
    front = build(args)._bound_deployment
    return front, front.init_args[-1]._bound_deployment


def scale(deployment: Deployment) -> int | tuple[int, int, float]:
    """How many there are, or the least, the most, and the load that decides."""
    config = deployment._deployment_config
    if found := config.autoscaling_config:
        return found.min_replicas, found.max_replicas, found.target_ongoing_requests
    return int(config.num_replicas)


@pytest.mark.filterwarnings(DEPRECATED)
@pytest.mark.parametrize(
    ("arguments", "environment", "found"),
    [
        ((), {}, 1),
        (("--replicas", "3"), {}, 3),
        ((), {"DRAGOMAN_REPLICAS": "3"}, 3),
        (("--min-replicas", "2", "--max-replicas", "2"), {}, 2),
        (("--max-replicas", "4"), {}, (1, 4, 32.0)),
        (("--min-replicas=2", "--max-replicas=4", "--target-ongoing-requests=8.5"), {}, (2, 4, 8.5)),
    ],
)
def test_there_are_as_many_replicas_as_the_command_line_says(
    arguments: Sequence[str], environment: Mapping[str, str], found: object
) -> None:
    _, replicas = deployments(*arguments, environment=environment)
    assert scale(replicas) == found


def test_there_are_as_many_fronts_as_are_asked_for() -> None:
    front, replicas = deployments("--replicas", "3", fronts=2)
    assert (scale(front), scale(replicas)) == (2, 3)


def test_nothing_has_to_be_said() -> None:
    assert Arguments.model_validate({}) == Arguments(arguments=[], environment={}, fronts=1)


def test_fronts_take_no_core_from_replicas() -> None:
    front, _ = deployments()
    assert front.ray_actor_options == {"num_cpus": 0}


@pytest.mark.filterwarnings(DEPRECATED)
@pytest.mark.parametrize(
    ("arguments", "node", "options"),
    [
        (("--replicas", "2"), Node(cpus=8, gpus=0), {"num_cpus": 4, "num_gpus": 0}),
        (("--max-replicas", "4"), Node(cpus=8, gpus=0), {"num_cpus": 2, "num_gpus": 0}),
        (("-tp", "2"), Node(cpus=64, gpus=8), {"num_cpus": 1, "num_gpus": 2}),
        (("-tp", "2", "--gpus", "2"), Node(cpus=8, gpus=0), {"num_cpus": 1, "num_gpus": 2}),
    ],
    ids=["a share of the cores", "a share of the most that may come", "GPUs", "GPUs that are still to come"],
)
def test_a_replica_has_its_part_of_a_machine(
    machines: dict[str, Node], arguments: Sequence[str], node: Node, options: Mapping[str, int]
) -> None:
    machines["one"] = node
    _, replicas = deployments(*arguments)
    assert replicas.ray_actor_options == options


def test_a_replica_has_more_time_to_end_than_its_requests() -> None:
    _, replicas = deployments("--grace-period", "100")
    assert replicas._deployment_config.graceful_shutdown_timeout_s > 100


@pytest.mark.parametrize(
    ("arguments", "environment", "problem"),
    [
        (["--max-model-len", "many"], {}, "max_model_len"),
        (["--replicas", "2", "--max-replicas", "3"], {}, "max_replicas"),
        ([], {"DRAGOMAN_REPLICAS": "many"}, "DRAGOMAN_REPLICAS"),
    ],
)
def test_what_cannot_work_is_named(arguments: list[str], environment: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        build(Arguments(arguments=arguments, environment=environment))


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"argument": ["--replicas", "2"]}, "argument\n  Extra inputs are not permitted"),
        ({"arguments": "--replicas 2"}, "arguments\n  Input should be a valid list"),
        ({"fronts": 0}, "fronts\n  Input should be greater than or equal to 1"),
        ({"environment": {"PORT": 8000}}, "environment.PORT\n  Input should be a valid string"),
    ],
)
def test_arguments_of_another_form_are_refused(args: Mapping[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Arguments.model_validate(args)


class Service:
    """The application that runs, as its clients see it.

    Args:
        port: Serve's.
        status: what Serve says of it.
        http: what connects to it.
    """

    def __init__(self, port: int, status: dict[str, Any], http: aiohttp.ClientSession) -> None:
        self.port = port
        self.status = status
        self._url = f"http://127.0.0.1:{port}"
        self._http = http

    def get(self, path: str) -> "aiohttp.client._RequestContextManager":
        return self._http.get(self._url + path, headers=_shown(KEY))

    def chat(self, model: str, stream: bool, key: str | None = KEY) -> "aiohttp.client._RequestContextManager":
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Guten Tag"}]}
        return self._http.post(f"{self._url}/v1/chat/completions", json=body, headers=_shown(key))

    async def is_ready(self) -> bool:
        """Whether requests reach a replica."""
        try:
            async with self.get("/health") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


def _shown(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def free_ports() -> Iterator[int]:
    """Ports that no process gets by chance: Ray starts many, and they take any."""
    return filter(_is_free, random.sample(PORTS, len(PORTS)))


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True


def variables(directory: str, ports: Iterator[int]) -> dict[str, str]:
    """Ray's, by which a cluster shares no port and no file with others on this machine."""
    fronts = next(ports)
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": f"{directory}/haproxy.cfg",
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(next(ports)),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": f"{directory}/metrics.sock",
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": directory,
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": f"{directory}/server-state",
        "RAY_SERVE_HAPROXY_SOCKET_PATH": f"{directory}/admin.sock",
        "RAY_SERVE_HAPROXY_STATS_PORT": str(next(ports)),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(next(ports)),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(fronts),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(fronts + 100),
        # Nobody has to hear that fronts are to end.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_enable_metrics_collection": "0",
    }


def configuration(port: int, engine: str) -> dict[str, object]:
    """What a RayService says as ``serveConfigV2``."""
    args = {
        "arguments": ["--replicas", "1", "--engine-url", engine],
        "environment": {"DRAGOMAN_API_KEY": KEY},
        "fronts": 2,
    }
    path = "dragoman.cluster.application:build"
    return {
        "proxy_location": "EveryNode",
        "http_options": {"host": "127.0.0.1", "port": port},
        "applications": [{"name": "dragoman", "route_prefix": "/", "import_path": path, "args": args}],
    }


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
async def upstream(anyio_backend: str) -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


@asynccontextmanager
async def cluster(place: str, file: Path, ports: Iterator[int]) -> AsyncIterator[dict[str, Any]]:
    """A cluster that serves a configuration, and what Serve says of it; no process of it is left."""
    with program(CLUSTER, json.dumps(variables(place, ports)), place, str(file)) as ray:
        assert ray.stdin is not None
        assert ray.stdout is not None
        try:
            yield json.loads(await asyncio.to_thread(ray.stdout.readline))
            family = psutil.Process(ray.pid).children(recursive=True)
            ray.stdin.close()
            assert await asyncio.to_thread(ray.wait, DEADLINE) == 0
            await eventually(lambda: not any(is_alive(member.pid) for member in family) and not at_home(place))
        finally:
            for process in at_home(place):
                end_family(process.pid)


def at_home(place: str) -> list[psutil.Process]:
    """The processes whose command line names a directory."""
    return [process for process in psutil.process_iter() if place in title(process)]


@pytest.fixture(scope="module")
async def service(upstream: Upstream) -> AsyncIterator[Service]:
    ports = free_ports()
    port = next(ports)
    connector, limit = aiohttp.TCPConnector(force_close=True), aiohttp.ClientTimeout(total=PATIENCE)
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="c-") as place:
        file = Path(place) / "service.yaml"
        file.write_text(json.dumps(configuration(port, upstream.url)))
        session = aiohttp.ClientSession(connector=connector, timeout=limit)
        async with session as http, cluster(place, file, ports) as status:
            running = Service(port, status, http)
            await eventually(running.is_ready)
            yield running


async def test_answers_a_chat(service: Service) -> None:
    async with service.chat("mini", stream=False) as answer:
        assert answer.status == 200
        assert (await answer.json())["choices"][0]["message"]["content"] == "Guten Tag !"


async def test_a_word_does_not_wait_for_the_next_one(service: Service, upstream: Upstream) -> None:
    async with service.chat("gated", stream=True) as answer:
        first = await answer.content.readline()
        upstream.gate.set()
        rest = await answer.text()

    assert b"Guten" in first
    assert rest.endswith("data: [DONE]\n\n")


async def test_an_answer_that_nobody_waits_for_is_ended(service: Service, upstream: Upstream) -> None:
    async with service.chat("endless", stream=True):
        assert upstream.streaming == 1

    await eventually(lambda: upstream.streaming == 0)


async def test_health_is_that_of_the_whole(service: Service) -> None:
    async with service.get("/health") as answer:
        health = await answer.json()
    assert (health["status"], health["phase"]) == ("ready", "1 of 1 replicas")


def holders(port: int) -> set[str]:
    """The names of the processes that listen on a port; a process may end meanwhile."""
    listening = [it for it in psutil.net_connections("tcp") if it.status == psutil.CONN_LISTEN]
    pids = {it.pid for it in listening if it.laddr[1:] == (port,)}
    return {process.info["name"] for process in psutil.process_iter(["name"]) if process.pid in pids}


async def test_haproxy_holds_the_address(service: Service) -> None:
    # Serve starts it anew with each change, and the one before goes.
    await eventually(lambda: holders(service.port) == {"haproxy"})


async def test_serves_own_probe(service: Service) -> None:
    async with service.get("/-/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "success")


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("another", 401), (KEY, 200)])
async def test_the_environment_is_the_workers(service: Service, key: str | None, status: int) -> None:
    async with service.chat("mini", stream=False, key=key) as answer:
        assert answer.status == status


async def test_all_fronts_run(service: Service) -> None:
    found = service.status["deployments"]
    assert found["Front"]["replica_states"] == {"RUNNING": 2}
    assert found["Replica"]["replica_states"] == {"RUNNING": 1}


async def test_requests_are_shared_among_the_fronts(service: Service) -> None:
    async def are_shared() -> bool:
        streams = (service.chat("endless", stream=True) for _ in range(2))
        async with next(streams), next(streams), service.get("/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
        # How many of the two streams the front that answered has.
        mine = [it.value for family in families for it in family.samples if it.name == "dragoman_replica_requests"]
        return mine == [1]

    await eventually(are_shared)
