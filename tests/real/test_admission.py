"""Who is let in to a real engine, and what becomes of those who take too long."""

import concurrent.futures
from collections.abc import Iterator

import openai
import pytest

from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import Worker, eventually

KEYS = ("first-key", "second-key")
RUNNING = "vllm:num_requests_running"


@pytest.fixture(scope="module")
def narrow() -> Iterator[Worker]:
    """A worker that works on few requests at a time, and has keys."""
    flags = ("--max-num-seqs", "2", "--max-queue", "2", "--request-timeout", "2")
    with GuardedWorker(*flags, variables={"DRAGOMAN_API_KEY": ",".join(KEYS)}) as worker:
        yield worker.wait_ready()


class GuardedWorker(Worker):
    """A worker that tells its metrics only to those who have a key."""

    def running(self) -> float:
        """How many requests the engine works on."""
        with openai.OpenAI(base_url=self.url, api_key=KEYS[0]) as client:
            text = client.get("/metrics", cast_to=str)
        lines = (line for line in text.splitlines() if line.startswith(RUNNING))
        return sum(float(line.rpartition(" ")[2]) for line in lines)


def ask(worker: Worker, tokens: int, key: str = KEYS[0], *, timeout: float = 60) -> openai.APIStatusError | None:
    """The error that the answer is, if it is one."""
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key=key, max_retries=0, timeout=timeout) as client:
        try:
            client.chat.completions.create(
                model=MODEL,
                messages=[user("Count to 30")],
                max_tokens=tokens,
                extra_body={"ignore_eos": True, "min_tokens": tokens},
            )
        except openai.APIStatusError as error:
            return error
    return None


def test_a_wrong_key_opens_nothing_but_the_probe(narrow: GuardedWorker) -> None:
    refused = ask(narrow, 1, "third-key")
    assert isinstance(refused, openai.AuthenticationError)
    assert "third-key" not in refused.response.text
    for path in ("/metrics", "/v1/models", "/version", "/tokenize", "/invocations", "/docs"):
        assert narrow.get(path)[0] == 401
    assert narrow.get("/health")[0] == 200
    assert ask(narrow, 1, KEYS[1]) is None


def test_what_takes_too_long_is_aborted(narrow: GuardedWorker) -> None:
    late = ask(narrow, 3500)
    assert late is not None
    assert (late.status_code, late.message.count("within 2 s")) == (504, 1)
    eventually(lambda: narrow.running() == 0, "the engine works on nothing", 10)


def test_too_many_are_told_when_to_come_again(narrow: GuardedWorker) -> None:
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        errors = [each for each in pool.map(lambda _: ask(narrow, 300), range(30)) if each is not None]
    # On a slow machine some that were let in do not end within their 2 s.
    assert 429 in {error.status_code for error in errors} <= {429, 504}
    full = [error for error in errors if error.status_code == 429]
    assert all(1 <= int(error.response.headers["retry-after"]) <= 60 for error in full)
    eventually(lambda: ask(narrow, 1) is None, "the worker has a place again", 60)
