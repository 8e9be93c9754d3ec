"""A custom model made for DataRobot's vLLM drop-in environment, served by a real engine."""

import json
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from bench.drum import CustomModel, engine_config, parameter
from dragoman.models import MINI
from tests.real.worker import Worker, eventually

CUSTOM = f"""\
import shutil
from datarobot_drum import RuntimeParameters


def load_model(code_dir):
    print("the share is", RuntimeParameters.get("share"))
    shutil.copytree({str(MINI)!r}, f"{{code_dir}}/vllm", dirs_exist_ok=True)
    return True
"""
ENGINE = engine_config("--max-model-len", "2048", "--enforce-eager", "--kv-cache-memory-bytes", "256M")
NAME = "datarobot-deployed-llm"
ROWS = "promptText\nWhat is 2 + 3?\nHello\nSay: one two three\n"
PREDICTIONS = ["5", "Hello! How can I help you?", "one two three"]
FEW = 300
MANY = 2000


def custom_model(folder: Path, custom: str = CUSTOM, variables: Mapping[str, str] | None = None) -> CustomModel:
    """A folder with a custom.py, and what its owner has chosen."""
    folder.mkdir(exist_ok=True)
    (folder / "custom.py").write_text(custom)
    (folder / "engine_config.json").write_text(ENGINE)
    chosen = {
        **parameter("share", "string", "a blob store"),
        **parameter("max_tokens", "numeric", 30),
        **parameter("temperature", "numeric", 0),
    }
    return CustomModel(folder, chosen | dict(variables or {}))


def serving(model: CustomModel) -> Worker:
    return Worker(variables=model.environment)


def predict(worker: Worker, rows: str = ROWS, patience: float = 120) -> httpx.Response:
    return httpx.post(
        f"{worker.url}/predict/", content=rows.encode(), headers={"Content-Type": "text/csv"}, timeout=patience
    )


def many(what: str, count: int = MANY) -> str:
    """A CSV that keeps the engine busy for some seconds."""
    return "\n".join(["promptText", *(f"Say: {what} one two three four five {number}" for number in range(count))])


def client_of(worker: Worker, path: str = "/v1") -> openai.OpenAI:
    return openai.OpenAI(base_url=worker.url + path, api_key="unused", max_retries=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("code")


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[Worker]:
    with serving(custom_model(folder)) as worker:
        yield worker.wait_ready()


@pytest.fixture
def client(worker: Worker) -> Iterator[openai.OpenAI]:
    with client_of(worker) as client:
        yield client


def test_load_model_has_filled_the_models_directory(worker: Worker, folder: Path) -> None:
    with client_of(worker, "/directAccess/v1") as client:
        [model] = client.models.list().data

    assert model.id == NAME
    assert model.model_extra is not None
    assert model.model_extra["root"] == str(folder / "vllm")
    assert "the share is a blob store" in worker.log()


def test_rows_are_predicted_in_order(worker: Worker) -> None:
    response = predict(worker)

    assert (response.status_code, response.json()) == (200, {"predictions": PREDICTIONS})


def test_many_rows_are_predicted_in_order(worker: Worker) -> None:
    rows = ["promptText", *(f"What is {first} + {second}?" for first in range(10) for second in range(10))]

    predictions = predict(worker, "\n".join(rows)).json()["predictions"]

    assert predictions == [str(first + second) for first in range(10) for second in range(10)]


def test_a_chat_completion_has_an_association_id(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=NAME, messages=[{"role": "user", "content": "Hello"}])

    assert completion.choices[0].message.content == PREDICTIONS[1]
    assert completion.model_extra is not None
    assert completion.model_extra["datarobot_association_id"]


def test_every_chunk_of_a_stream_has_the_association_id(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=NAME,
        messages=[{"role": "user", "content": "Hello"}],
        stream=True,
        extra_body={"datarobot_association_id": "a1"},
    )

    chunks = list(stream)

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == PREDICTIONS[1]
    assert {chunk.model_extra["datarobot_association_id"] for chunk in chunks if chunk.model_extra} == {"a1"}
    assert len(chunks) > 3


def test_direct_access_streams_from_the_engine(worker: Worker) -> None:
    prompt = "<|im_start|>user\nSay: one two three<|im_end|>\n<|im_start|>assistant\n"
    with client_of(worker, "/directAccess/v1") as client:
        stream = client.completions.create(model=NAME, prompt=prompt, max_tokens=20, stream=True)

        assert "".join(chunk.choices[0].text for chunk in stream) == PREDICTIONS[2]


def test_another_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="bogus"):
        client.chat.completions.create(model="bogus", messages=[{"role": "user", "content": "Hello"}])


def finished(worker: Worker) -> float:
    return worker.metric("vllm:request_success_total")


def test_a_client_that_leaves_ends_its_rows(worker: Worker) -> None:
    before = finished(worker)

    with pytest.raises(httpx.ReadTimeout):
        predict(worker, many("leave"), patience=1)
    eventually(lambda: worker.metric("vllm:num_requests_running") == 0, "the engine is idle")
    ended = finished(worker)
    time.sleep(1)

    assert finished(worker) == ended
    assert ended - before < MANY
    assert predict(worker).json() == {"predictions": PREDICTIONS}


def test_an_engine_that_is_killed_comes_back(worker: Worker) -> None:
    with ThreadPoolExecutor() as threads:
        running = threads.submit(predict, worker, many("kill"))
        eventually(lambda: worker.metric("vllm:num_requests_running") > 0, "rows are under way")
        worker.family()["EngineCore"].kill()
        response = running.result()

    assert response.status_code >= 500
    assert response.json()["message"]
    worker.wait_ready()
    assert predict(worker).json() == {"predictions": PREDICTIONS}


def test_probes_tell_of_the_whole_life(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    sentinel = folder / ".server_ready"
    with serving(custom_model(folder)) as worker:
        for path in ("/", "/ping/", "/health/"):
            status, body = worker.get(path)
            assert status == 503
            assert "not ready" in json.loads(body)["message"]
        assert not sentinel.exists()

        worker.wait_ready()
        family = worker.family()
        assert [worker.get(path) for path in ("/", "/ping/", "/health/")] == [(200, '{"message":""}')] * 3
        assert sentinel.exists()

        with ThreadPoolExecutor() as threads:
            running = threads.submit(predict, worker, many("drain", FEW))
            eventually(lambda: worker.metric("vllm:num_requests_running") > 0, "rows are under way")
            worker.process.send_signal(signal.SIGTERM)
            eventually(lambda: worker.get("/ping/")[0] == 503, "probes tell of the drain")
            response = running.result()

        assert (response.status_code, len(response.json()["predictions"])) == (200, FEW)
        assert worker.process.wait(60) == 0
        assert not sentinel.exists()
        assert [name for name, process in family.items() if process.is_running()] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('raise OSError("the share is gone")', "OSError: the share is gone"),
        ("return None", "load_model"),
        ("import time; time.sleep(3600)", "time.sleep(3600)"),
    ],
)
def test_a_load_model_that_fails_ends_the_worker(tmp_path: Path, body: str, told: str) -> None:
    custom = f"def load_model(code_dir):\n    {body}\n"
    model = custom_model(tmp_path / "code", custom, {"DRAGOMAN_HOOK_TIMEOUT": "2"})
    with serving(model) as worker:
        assert worker.process.wait(120) == 3
        assert told in worker.log()


def test_files_that_were_shipped_are_served_without_a_hook(tmp_path: Path) -> None:
    (tmp_path / "engine_config.json").write_text(ENGINE)
    shutil.copytree(MINI, tmp_path / "vllm")
    prefix = "/deployments/d1"
    model = CustomModel(tmp_path, {"URL_PREFIX": prefix, **parameter("model", "string", "some/other")})
    with serving(model) as worker:
        eventually(lambda: worker.get(f"{prefix}/ping/")[0] == 200, "the worker is ready")

        assert worker.get("/ping/")[0] == 404
        assert json.loads(worker.get(f"{prefix}/models")[1])["data"][0]["root"] == str(tmp_path / "vllm")
