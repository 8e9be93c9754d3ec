"""Deaths and ends of a real worker."""

import signal
from collections.abc import Iterator

import openai
import psutil
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import Worker, eventually


@pytest.fixture(scope="module")
def mortal() -> Iterator[Worker]:
    """A worker whose processes may be killed."""
    with Worker() as worker:
        yield worker.wait_ready()


def count(worker: Worker, tokens: int) -> openai.Stream[ChatCompletionChunk]:
    client = openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0)
    return client.chat.completions.create(
        model=MODEL,
        messages=[user("Count to 30")],
        max_tokens=tokens,
        stream=True,
        extra_body={"ignore_eos": True, "min_tokens": tokens},
    )


def hello(worker: Worker) -> str | None:
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused") as client:
        return client.chat.completions.create(model=MODEL, messages=[user("Hello")]).choices[0].message.content


@pytest.mark.parametrize("victim", ["EngineCore", "server", "preloader"])
def test_the_worker_serves_again_when_a_process_of_it_is_killed(mortal: Worker, victim: str) -> None:
    mortal.wait_ready()
    restarts = mortal.metric("dragoman_restarts_total")
    before = mortal.family()

    before[victim].kill()
    eventually(lambda: not before["server"].is_running(), "the server process has ended")
    mortal.wait_ready()

    assert hello(mortal) == "Hello! How can I help you?"
    assert mortal.metric("dragoman_restarts_total") == restarts + 1
    assert not before["EngineCore"].is_running()


def test_a_stream_in_flight_ends_with_an_error_when_the_engine_is_killed(mortal: Worker) -> None:
    mortal.wait_ready()
    stream = count(mortal, 3000)
    next(iter(stream))

    mortal.family()["EngineCore"].kill()

    with pytest.raises(openai.APIError):
        for _ in stream:
            pass


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
        stream = count(worker, 3000)
        next(iter(stream))

        worker.process.kill()
        worker.process.wait()

        _, alive = psutil.wait_procs(family.values(), timeout=10)
        assert alive == []
        stream.close()


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
