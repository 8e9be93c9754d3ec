"""One model over two nodes of a Ray cluster, through vLLM's own Ray executor.

vLLM has no CPUs over Ray: a platform plugin has each of the two nodes offer its CPU as a GPU. What runs on them, and
how it is placed, started, reached and ended, is all as it is with GPUs.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import openai
import psutil
import pytest

from tests.processes import title
from tests.real import vllm_ray_platform
from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import PATIENCE, Worker, clean_environment, eventually

ROOT = Path(__file__).parents[2]
SMALL = ("--enforce-eager", "--kv-cache-memory-bytes", "256M", "--max-model-len", "512", "--gpus", "2")
RANKS = "RayWorkerProc"


@pytest.fixture(scope="module")
def temporary() -> Iterator[Path]:
    """A directory for the temporary files of all; its path is short, because names of sockets are."""
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def variables(temporary: Path) -> Mapping[str, str]:
    """The variables of a machine whose CPU is a GPU to Ray."""
    vllm_ray_platform.install(temporary)
    path = os.pathsep.join((str(temporary), str(ROOT), os.environ.get("PYTHONPATH", "")))
    return {"PYTHONPATH": path, "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def address(variables: Mapping[str, str]) -> Iterator[str]:
    """The address of a cluster of two nodes."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.real.ray_nodes"],
        env={**clean_environment(), **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as cluster:
        assert cluster.stdout is not None
        yield cluster.stdout.readline().strip()
        cluster.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def spread(address: str, variables: Mapping[str, str]) -> Iterator[Worker]:
    """The bundled model with half of each of its matrices on either node."""
    arguments = ("--distributed-executor-backend", "ray", "--tensor-parallel-size", "2", *SMALL)
    with Worker(*arguments, variables={**variables, "RAY_ADDRESS": address}) as worker:
        yield worker.wait_ready()


def hello(worker: Worker) -> str | None:
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as client:
        return client.chat.completions.create(model=MODEL, messages=[user("Hello")]).choices[0].message.content


def ranks() -> list[psutil.Process]:
    """Ray's processes that compute."""
    return [process for process in psutil.process_iter() if RANKS in title(process)]


def test_both_nodes_compute_one_answer(spread: Worker) -> None:
    assert hello(spread) == "Hello! How can I help you?"

    raylets = {process.parent() for process in ranks()}
    assert len(raylets) == len(ranks()) == 2


def test_no_node_is_sent_to_the_directory_that_the_worker_has_on_its_own(spread: Worker, temporary: Path) -> None:
    sockets = [Path(str(each.laddr)) for rank in ranks() for each in rank.net_connections("unix") if each.laddr]
    (private,) = temporary.glob("dragoman-*")

    assert [path for path in sockets if path.parent == temporary]
    assert not [path for path in sockets if private in path.parents]


def test_the_cluster_is_joined_anew_after_the_death_of_enginecore(spread: Worker) -> None:
    before = ranks()
    spread.family()["EngineCore"].kill()
    eventually(lambda: not any(process.is_running() for process in before), "Ray has ended the workers")
    spread.wait_ready()

    assert hello(spread) == "Hello! How can I help you?"


def test_nothing_is_left_on_the_cluster_by_a_worker_that_ends(spread: Worker) -> None:
    assert spread.terminate() == 0
    eventually(lambda: not ranks(), "Ray has ended the workers")
