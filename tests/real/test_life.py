"""Deaths and ends of a real worker."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import openai
import psutil
import pytest
from openai.types.chat import ChatCompletionChunk

from dragoman.models import MINI
from tests.hub import NAME, Hub, serving
from tests.processes import title
from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import Worker, eventually

SMALL = ("--enforce-eager", "--kv-cache-memory-bytes", "512M")


@pytest.fixture(scope="module")
def mortal() -> Iterator[Worker]:
    """A worker whose processes may be killed."""
    with Worker() as worker:
        yield worker.wait_ready()


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A directory for all temporary files of a worker; its path is short, because names of sockets are."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture
def fetching(tmp_path: Path, temporary: Path) -> Iterator[tuple[Worker, Hub]]:
    """A worker that imports vLLM while a hub holds the model's files back, and that hub."""
    hub = Hub(Path(MINI))
    hub.may_send.clear()
    kept = {"HF_HOME": str(tmp_path / "hub"), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}
    with serving(hub) as url, Worker(NAME, *SMALL, variables={"HF_ENDPOINT": url, **kept}) as worker:
        eventually(lambda: "importing, downloading" in worker.health()[1]["phase"], "the download")
        yield worker, hub


def everyone(worker: Worker) -> dict[str, psutil.Process]:
    """All of the worker's processes, the fetcher among them."""
    children = psutil.Process(worker.process.pid).children(recursive=True)
    fetchers = [child for child in children if "fetcher" in title(child)]
    return {**worker.family(), **({"fetcher": fetchers[0]} if fetchers else {})}


def shared_memory(family: dict[str, psutil.Process]) -> set[Path]:
    """The segments that the processes have."""
    maps = (entry.path for process in family.values() for entry in process.memory_maps())
    return {Path(path) for path in maps if path.startswith("/dev/shm/")}


def count(worker: Worker, tokens: int, text: str = "Count to 30") -> openai.Stream[ChatCompletionChunk]:
    client = openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0)
    return client.chat.completions.create(
        model=MODEL,
        messages=[user(text)],
        max_tokens=tokens,
        stream=True,
        extra_body={"ignore_eos": True, "min_tokens": tokens},
    )


def hello(worker: Worker) -> str | None:
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused") as client:
        return client.chat.completions.create(model=MODEL, messages=[user("Hello")]).choices[0].message.content


@pytest.mark.parametrize("victim", ["EngineCore", "server", "preloader"])
def test_a_process_that_is_killed_ends_the_stream_in_flight_and_the_worker_serves_again(
    mortal: Worker, victim: str
) -> None:
    mortal.wait_ready()
    restarts = mortal.metric("dragoman_restarts_total")
    before = mortal.family()
    stream = count(mortal, 3000, f"Count to 30 for the {victim}")
    next(iter(stream))

    before[victim].kill()
    with pytest.raises((openai.APIError, httpx.HTTPError)):
        for _ in stream:
            pass
    eventually(lambda: not before["server"].is_running(), "the server process has ended")
    mortal.wait_ready()

    assert hello(mortal) == "Hello! How can I help you?"
    assert mortal.metric("dragoman_restarts_total") == restarts + 1
    assert not before["EngineCore"].is_running()


def test_sigterm_lets_a_stream_finish_and_leaves_nothing(mortal: Worker) -> None:
    mortal.wait_ready()
    family = mortal.family()
    stream = count(mortal, 400)
    chunks = [next(iter(stream))]

    mortal.process.send_signal(signal.SIGTERM)
    eventually(lambda: mortal.health()[1]["status"] == "draining", "health tells of the drain")
    assert mortal.health()[0] == 503
    chunks += list(stream)

    assert chunks[-1].choices[0].finish_reason == "length"
    assert mortal.process.wait(60) == 0
    assert [name for name, process in family.items() if process.is_running()] == []


def test_killing_the_doorman_leaves_no_process() -> None:
    with Worker() as worker:
        family = worker.wait_ready().family()
        segments = shared_memory(family)
        stream = count(worker, 3000)
        next(iter(stream))

        worker.process.kill()
        worker.process.wait()

        _, alive = psutil.wait_procs(family.values(), timeout=10)
        assert alive == []
        assert [segment for segment in segments if segment.exists()] == []
        stream.close()


def test_killing_the_doorman_in_the_middle_of_a_start_leaves_no_process(fetching: tuple[Worker, Hub]) -> None:
    worker, _ = fetching
    family = everyone(worker)
    assert family.keys() == {"doorman", "preloader", "fetcher"}

    worker.process.kill()
    worker.process.wait()

    _, alive = psutil.wait_procs(family.values(), timeout=10)
    assert alive == []


def test_a_start_survives_the_end_of_the_preloader_and_of_the_server_process(fetching: tuple[Worker, Hub]) -> None:
    worker, hub = fetching
    before = everyone(worker)
    before["preloader"].kill()
    eventually(lambda: not before["fetcher"].is_running(), "the fetcher has ended with the preloader")
    hub.may_send.set()
    eventually(lambda: "EngineCore" in worker.family(), "EngineCore has been forked")
    started = worker.family()
    started["server"].kill()

    worker.wait_ready()
    assert [name for name, process in started.items() if process.is_running()] == ["doorman", "preloader"]
    assert worker.metric("dragoman_restarts_total") == 2


@pytest.mark.parametrize("victim", ["fetcher", "EngineCore"])
def test_a_start_that_cannot_go_on_ends_and_leaves_nothing(
    fetching: tuple[Worker, Hub], temporary: Path, victim: str
) -> None:
    worker, hub = fetching
    if victim == "EngineCore":
        hub.may_send.set()
        eventually(lambda: victim in worker.family(), "EngineCore has been forked")
    family = everyone(worker)

    family[victim].kill()

    assert worker.process.wait(60) == 3
    assert "dragoman: error: the engine did not start: " in worker.log()
    assert [name for name, process in family.items() if process.is_running()] == []
    assert list(temporary.iterdir()) == []


def test_an_engine_that_dies_again_and_again_ends_the_worker_with_its_last_lines(temporary: Path) -> None:
    with Worker(variables={"TMPDIR": str(temporary)}) as worker:
        family = worker.wait_ready().family()
        segments = shared_memory(family)

        def has_given_up() -> bool:
            with suppress(psutil.NoSuchProcess):
                family.update(worker.family())
                family["EngineCore"].kill()
            return worker.process.poll() is not None

        eventually(has_given_up, "the worker gives up")
        assert worker.process.returncode == 4
        _, told, rest = worker.log().partition("dragoman: error: the engine dies again and again: ")
        assert told
        assert "EngineCore" in rest
        assert [name for name, process in family.items() if process.is_running()] == []
        assert [segment for segment in segments if segment.exists()] == []
        assert list(temporary.iterdir()) == []


def test_an_engine_that_cannot_start_is_told_with_its_last_lines() -> None:
    with Worker("--max-model-len", "1000000") as worker:
        assert worker.process.wait(120) == 3
        _, told, rest = worker.log().partition("dragoman: error: the engine did not start: ")
        assert told
        assert "max_model_len" in rest.splitlines()[0]
        assert "Resolved architecture" in rest
        assert "Traceback" not in worker.log()


def test_sigterm_while_the_engine_loads_ends_at_once() -> None:
    with Worker() as worker:
        eventually(lambda: "EngineCore" in worker.family(), "EngineCore has been forked")
        family = worker.family()

        assert worker.terminate() == 0
        assert [name for name, process in family.items() if process.is_running()] == []


def test_an_embedding_model_gets_its_own_routes() -> None:
    with Worker("--runner", "pooling", "--convert", "embed") as worker:
        worker.wait_ready()
        with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused") as client:
            embedding = client.embeddings.create(model=MODEL, input="hello", encoding_format="float")
            with pytest.raises(openai.NotFoundError):
                client.chat.completions.create(model=MODEL, messages=[user("Hello")])

    assert len(embedding.data[0].embedding) == 256
