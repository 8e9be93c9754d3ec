import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bench import probes
from bench.errors import BenchError
from bench.options import Options
from bench.servers import Server, Side
from tests.bench import fake_cluster, fake_server

FAKE = Side("a fake", (sys.executable, fake_server.__file__), restarts=False)
DEAF = Side("a deaf one", (sys.executable, "-c", "import time; print('thinking', flush=True); time.sleep(60)"), False)
ENDING = Side("an ending one", (sys.executable, "-c", "print('out of memory')"), restarts=False)

Probe = Callable[[Server, float], Awaitable[float]]


def ask(side: Side, probe: Probe, log: Path, patience: float = 10) -> float:
    with Server(side, Options(model="mini"), log) as server:
        return asyncio.run(_seconds(server, probe, patience))


async def _seconds(server: Server, probe: Probe, patience: float) -> float:
    return await probe(server, patience) - server.launched


@pytest.mark.parametrize("probe", [probes.first_answer, probes.first_token])
def test_seconds_to_an_answer(probe: Probe, tmp_path: Path) -> None:
    assert 0 < ask(FAKE, probe, tmp_path / "log") < 10


@pytest.mark.parametrize("probe", [probes.first_answer, probes.first_token])
def test_a_server_that_ends_is_an_error_with_its_last_lines(probe: Probe, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"(?s)an ending one ended with code 0.*out of memory"):
        ask(ENDING, probe, tmp_path / "log")


@pytest.mark.parametrize(
    ("probe", "what"), [(probes.first_answer, "answer on its port"), (probes.first_token, "token")]
)
def test_patience_ends(probe: Probe, what: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=f"a deaf one: no {what} within 0.3 s"):
        ask(DEAF, probe, tmp_path / "log", patience=0.3)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_as_many_replicas_as_the_metrics_name(count: int, tmp_path: Path) -> None:
    async def wait(server: Server) -> None:
        await probes.replicas(server, count, 10)
        with pytest.raises(BenchError, match=f"no {count + 1} replicas within 0.3 s"):
            await probes.replicas(server, count + 1, 0.3)

    side = Side("a fake", (sys.executable, "-m", fake_cluster.__name__, "--replicas", str(count)), restarts=False)
    with Server(side, Options(model="mini"), tmp_path / "log") as server:
        asyncio.run(wait(server))
