"""Two replicas of the bundled model on a real Ray cluster of this machine."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import psutil
import pytest

from tests.processes import title
from tests.real.test_bundled_model import MODEL, user

# The suite of the official client, which runs here through the front.
from tests.real.test_openai_client import *  # noqa: F403
from tests.real.worker import Worker, eventually

PATIENCE = 240.0
CLIENTS, EACH = 8, 40


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """The front of a cluster of its own, as users start it."""
    with Worker("--replicas", "2") as front:
        eventually(lambda: serving(front) == 2, "both replicas serve", PATIENCE)
        yield front
        family = psutil.Process(front.process.pid).children(recursive=True)
        front.process.send_signal(signal.SIGTERM)
        assert front.process.wait(PATIENCE) == 0
        assert not [title(process) for process in family if process.is_running()]


def serving(front: Worker) -> int:
    """How many replicas the front knows of."""
    count, of, *_ = [*str(front.health()[1]["phase"]).split(), ""]
    return int(count) if of == "of" else 0


def named(front: Worker, name: str) -> list[psutil.Process]:
    """The processes of the cluster whose titles hold a name."""
    return [it for it in psutil.Process(front.process.pid).children(recursive=True) if name in title(it)]


def requests_of(front: Worker) -> dict[str, float]:
    """How many chats each replica has answered."""
    lines = [it for it in front.get("/metrics")[1].splitlines() if it.startswith("dragoman_requests_total{")]
    counts: dict[str, float] = {}
    for line in lines:
        if 'route="/v1/chat/completions"' in line:
            replica = line.partition('replica="')[2].partition('"')[0]
            counts[replica] = counts.get(replica, 0.0) + float(line.rpartition(" ")[2])
    return counts


def test_turns_of_a_conversation_go_to_one_replica(worker: Worker, client: openai.OpenAI) -> None:
    before = requests_of(worker)
    turns = [user("Name three colours")]

    for number in range(6):
        client.chat.completions.create(model=MODEL, messages=turns, max_tokens=4)
        turns = [*turns, {"role": "assistant", "content": f"{number}"}, user("And one more?")]

    after = requests_of(worker)
    assert sorted(after.get(name, 0) - before.get(name, 0) for name in after) == [0, 6]


def test_conversations_are_spread_over_both(worker: Worker, client: openai.OpenAI) -> None:
    before = requests_of(worker)

    for number in range(32):
        client.chat.completions.create(model=MODEL, messages=[user(f"Count to {number}")], max_tokens=2)

    after = requests_of(worker)
    assert all(after[name] - before.get(name, 0) >= 4 for name in after)


def test_a_client_that_leaves_ends_its_request_at_the_replica(worker: Worker, client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model=MODEL, messages=[user("Hello")], stream=True, max_tokens=4000, extra_body={"ignore_eos": True}
    ) as stream:
        next(iter(stream))
        assert worker.metric("vllm:num_requests_running") == 1

    eventually(lambda: worker.metric("vllm:num_requests_running") == 0, "the replica runs nothing")


def test_an_engine_that_dies_is_started_again_by_its_replica(worker: Worker, client: openai.OpenAI) -> None:
    replicas = {it.pid for it in named(worker, "ServeReplica")}

    named(worker, "EngineCore")[0].kill()

    eventually(lambda: serving(worker) == 1, "one replica is away")
    client.chat.completions.create(model=MODEL, messages=[user("Hello")], max_tokens=2)
    eventually(lambda: serving(worker) == 2, "both replicas serve again", PATIENCE)
    assert {it.pid for it in named(worker, "ServeReplica")} == replicas


def ask(url: str, client: int) -> Counter[str]:
    """What became of the requests of one client, every other one a stream."""
    ends: Counter[str] = Counter()
    with httpx.Client(base_url=url, timeout=120) as http:
        for number in range(EACH):
            body = {"model": MODEL, "messages": [user(f"{client} {number}")], "max_tokens": 32, "ignore_eos": True}
            ends[end_of(http, body | {"stream": bool(number % 2)})] += 1
    return ends


def end_of(http: httpx.Client, body: dict[str, object]) -> str:
    """How a request ended: whole, refused with an error that says so, or broken off, which no client can overlook."""
    try:
        with http.stream("POST", "/v1/chat/completions", json=body) as answer:
            text = "".join(answer.iter_text())
    except httpx.RemoteProtocolError:
        return "broken off"
    if answer.status_code != 200:
        assert answer.headers["retry-after"]
        assert "error" in json.loads(text)
        return "refused"
    assert text.endswith("data: [DONE]\n\n") if body["stream"] else json.loads(text)["choices"]
    return "whole"


def test_a_replica_that_is_killed_under_load_is_replaced_and_every_request_ends(worker: Worker) -> None:
    killed = named(worker, "ServeReplica")[0]
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [clients.submit(ask, worker.url, number) for number in range(CLIENTS)]
        eventually(lambda: worker.metric("vllm:num_requests_running") >= CLIENTS / 2, "the replicas are at work")
        os.kill(killed.pid, signal.SIGKILL)
        ends = sum((answer.result() for answer in answers), Counter[str]())

    assert ends.total() == CLIENTS * EACH
    assert ends["whole"] >= CLIENTS * (EACH - 2)
    eventually(lambda: serving(worker) == 2, "the replica is replaced", PATIENCE)
    assert killed.pid not in {it.pid for it in named(worker, "ServeReplica")}
