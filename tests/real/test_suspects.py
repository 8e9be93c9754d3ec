"""Requests that were at a real engine when it was killed."""

from collections.abc import Iterator

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import Worker, eventually


@pytest.fixture(scope="module")
def mortal() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker.wait_ready()


def endless(client: openai.OpenAI, text: str) -> openai.Stream[ChatCompletionChunk]:
    """A stream whose first piece has come."""
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[user(text)],
        max_tokens=3000,
        stream=True,
        extra_body={"ignore_eos": True, "min_tokens": 3000},
    )
    next(iter(stream))
    return stream


def kill_with(worker: Worker, *texts: str) -> None:
    """Kills the engine while it answers these, and waits for the next one."""
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as client:
        streams = [endless(client, text) for text in texts]
        before = worker.family()
        before["EngineCore"].kill()
        for stream in streams:
            with pytest.raises(openai.APIError):
                list(stream)
    eventually(lambda: not before["server"].is_running(), "the server process has ended")
    worker.wait_ready()


def is_refused(worker: Worker, text: str) -> bool:
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as client:
        try:
            endless(client, text).close()
        except openai.UnprocessableEntityError as error:
            return "was at the engine when the engine died" in str(error)
    return False


def test_a_request_that_was_alone_with_an_engine_that_died_is_refused(mortal: Worker) -> None:
    kill_with(mortal, "alone")
    assert is_refused(mortal, "alone")
    assert not is_refused(mortal, "another")


def test_a_request_that_was_there_at_two_deaths_is_refused(mortal: Worker) -> None:
    kill_with(mortal, "twice", "first")
    kill_with(mortal, "twice", "second")
    assert [is_refused(mortal, text) for text in ("twice", "first", "second")] == [True, False, False]
