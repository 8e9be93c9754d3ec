"""What vLLM's application and the worker give together."""

import json

import openai
import pytest

from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import Worker, eventually

ENDLESS = {"ignore_eos": True, "min_tokens": 3000}


@pytest.mark.parametrize(
    "route",
    [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/v1/messages",
        "/v1/models",
        "/tokenize",
        "/detokenize",
        "/version",
    ],
)
def test_the_routes_of_a_generating_model_are_there(worker: Worker, route: str) -> None:
    assert route in json.loads(worker.get("/openapi.json")[1])["paths"]


def test_metrics_are_those_of_vllm_and_of_the_worker(worker: Worker) -> None:
    text = worker.get("/metrics")[1]

    assert "# TYPE vllm:num_requests_running gauge" in text
    assert 'dragoman_info{platform="plain",version=' in text
    assert worker.metric("dragoman_restarts_total") == 0
    assert worker.metric("dragoman_start_seconds") > 0


def test_a_client_that_leaves_a_stream_ends_the_engine_request(worker: Worker, client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=[user("Count to 30")], max_tokens=3500, stream=True, extra_body=ENDLESS
    )
    next(iter(stream))
    eventually(lambda: worker.metric("vllm:num_requests_running") == 1, "the request runs")

    stream.close()

    eventually(lambda: worker.metric("vllm:num_requests_running") == 0, "the request is gone", 2)


def test_a_client_that_gives_up_waiting_ends_the_engine_request(worker: Worker, client: openai.OpenAI) -> None:
    impatient = client.with_options(timeout=0.5)

    with pytest.raises(openai.APITimeoutError):
        impatient.chat.completions.create(
            model=MODEL, messages=[user("Count to 30")], max_tokens=3500, extra_body=ENDLESS
        )

    eventually(lambda: worker.metric("vllm:num_requests_running") == 0, "the request is gone", 2)


def test_every_line_of_the_log_says_who_speaks_and_comes_once(worker: Worker) -> None:
    lines = worker.log().splitlines()

    assert [line for line in lines if not line.startswith(("dragoman | ", "access | ", "engine | "))] == []
    assert len([line for line in lines if "Starting to load model" in line]) == 1


def test_neither_vllm_nor_torch_is_in_the_doorman(worker: Worker) -> None:
    mapped = {entry.path for entry in worker.family()["doorman"].memory_maps()}

    assert not [path for path in mapped if "torch" in path or "vllm" in path]
