"""RunPod's client and OpenAI's, through a real gateway, to real workers that it starts itself."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import psutil
import pytest
import runpod

from tests.real.gateway import Gateway, gateway
from tests.real.test_runpod import GREETING, HELLO, MODEL, VARIABLES
from tests.real.worker import eventually

LONG = {"max_tokens": 3500, "ignore_eos": True, "temperature": 0}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with at most one worker, none of which runs at first."""
    with gateway(tmp_path_factory.mktemp("gateway"), VARIABLES, "--max", "1", "--idle-timeout", "600") as running:
        assert running.family() == []
        yield running


@pytest.fixture
def client(running: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{running.url}/openai/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def endpoint(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> runpod.Endpoint:
    monkeypatch.setattr(runpod, "endpoint_url_base", running.url.removesuffix("/local"))
    return runpod.Endpoint("local", api_key="none")


def chat(client: openai.OpenAI, **more: object) -> Any:  # noqa: ANN401
    question: dict[str, Any] = {"model": MODEL, "messages": HELLO, "temperature": 0, **more}
    return client.chat.completions.create(**question)


def has_nothing_to_do(running: Gateway) -> bool:
    """Whether the engine of the newest worker runs no request."""
    metrics = httpx.get(f"http://127.0.0.1:{running.ports()[-1]}/metrics").text
    lines = [line for line in metrics.splitlines() if line.startswith("vllm:num_requests_running")]
    return bool(lines) and all(float(line.rpartition(" ")[2]) == 0 for line in lines)


def test_the_first_request_starts_a_worker(running: Gateway, client: openai.OpenAI) -> None:
    assert chat(client, max_tokens=30).choices[0].message.content == GREETING
    assert running.health()["workers"]["ready"] == 1


def test_a_streamed_chat(client: openai.OpenAI) -> None:
    pieces = [chunk.choices[0].delta.content or "" for chunk in chat(client, max_tokens=30, stream=True)]
    assert "".join(pieces) == GREETING
    assert len([piece for piece in pieces if piece]) > 1


def test_completions_and_models(client: openai.OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    assert client.completions.create(model=MODEL, prompt="Hi", max_tokens=3).usage.completion_tokens > 0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("more", "kind"), [({"top_p": 7}, openai.BadRequestError), ({"model": "nope"}, openai.NotFoundError)]
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors(client: openai.OpenAI, more: dict[str, Any], kind: type[openai.APIStatusError], stream: bool) -> None:
    question: dict[str, Any] = {"model": MODEL, "messages": HELLO, "stream": stream, **more}
    with pytest.raises(kind) as raised:
        client.chat.completions.create(**question)
    assert isinstance(raised.value.body, dict)
    assert raised.value.body["message"]


def test_a_client_that_leaves_cancels_its_job(running: Gateway, client: openai.OpenAI) -> None:
    with chat(client, stream=True, max_tokens=3500, extra_body={"ignore_eos": True}) as stream:
        next(iter(stream))
    running.reaches(running.newest()["id"], "CANCELLED")
    eventually(lambda: has_nothing_to_do(running), "the engine has been left")


def test_runpods_client_runs_a_job(endpoint: runpod.Endpoint) -> None:
    job = endpoint.run({"messages": HELLO, "sampling_params": {"max_tokens": 30, "temperature": 0}})
    (output,) = job.output(timeout=60)
    assert output["choices"] == [{"tokens": [GREETING]}]
    assert job.status() == "COMPLETED"


def test_runpods_client_waits_for_a_job(endpoint: runpod.Endpoint) -> None:
    (output,) = endpoint.run_sync(
        {"prompt": "Hi", "sampling_params": {"max_tokens": 5, "ignore_eos": True}}, timeout=60
    )
    assert output["usage"]["output"] == 5


def test_runpods_client_streams_a_job(endpoint: runpod.Endpoint) -> None:
    job = endpoint.run({"messages": HELLO, "stream": True, "sampling_params": {"max_tokens": 30, "temperature": 0}})
    pieces = [text for output in job.stream() for text in output["choices"][0]["tokens"]]
    assert "".join(pieces) == GREETING


def test_runpods_client_cancels_a_running_job(running: Gateway, endpoint: runpod.Endpoint) -> None:
    job = endpoint.run({"prompt": "Hi", "sampling_params": LONG})
    running.reaches(job.job_id, "IN_PROGRESS")
    assert job.cancel() == {"id": job.job_id, "status": "CANCELLED"}
    eventually(lambda: has_nothing_to_do(running), "the engine has been left")
    assert job.status() == "CANCELLED"


def test_runpods_client_sees_a_failure(running: Gateway, endpoint: runpod.Endpoint) -> None:
    job = endpoint.run({"prompt": "Hi", "sampling_params": {"temperature": -1}})
    assert job.output(timeout=60) is None
    assert '"code": 400' in running.status(job.job_id)["error"].replace('":400', '": 400')


def test_a_job_survives_the_death_of_its_worker(running: Gateway) -> None:
    job_id = running.submit(prompt="Hi", sampling_params=LONG)
    running.reaches(job_id, "IN_PROGRESS")
    (first,) = psutil.Process(running.process.pid).children()
    first.kill()
    running.reaches(job_id, "COMPLETED")
    document = running.status(job_id)
    assert document["retries"] == 1
    assert document["output"][0]["usage"]["output"] == LONG["max_tokens"]


def test_a_job_survives_the_death_of_the_gateway(running: Gateway) -> None:
    family = running.family()
    job_id = running.submit(prompt="Hi", sampling_params=LONG)
    waiting = running.submit(prompt="Hi", sampling_params={"max_tokens": 1})
    running.reaches(job_id, "IN_PROGRESS")
    running.process.kill()
    running.process.wait()
    running.start("--max", "1", "--idle-timeout", "1")
    running.reaches(job_id, "COMPLETED")
    assert "retries" not in running.status(job_id)
    running.reaches(waiting, "COMPLETED")
    psutil.wait_procs(family, timeout=60)
    assert not any(process.is_running() for process in family)


def test_it_scales_down_to_zero(running: Gateway) -> None:
    eventually(lambda: not running.family(), "the idle worker has ended")
    eventually(lambda: set(running.health()["workers"].values()) == {0}, f"no worker is left: {running.health()}")


def test_nothing_is_left_behind(running: Gateway, client: openai.OpenAI) -> None:
    job_id = running.submit(prompt="Hi", sampling_params={"max_tokens": 1})
    running.reaches(job_id, "COMPLETED")
    family = running.family()
    assert family
    assert running.end() == 0
    assert not any(process.is_running() for process in family)
    assert "Traceback" not in running.log()
