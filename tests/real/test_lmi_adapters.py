"""LoRA adapters on LMI: a model directory with one in it, others that come and go, and a real engine."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from dragoman.models import MINI
from dragoman.models.adapter import write
from tests.real.worker import Worker, eventually

PROPERTIES = """\
engine=Python
option.enable_lora=true
option.max_loras=2
option.max_lora_rank=8
option.enforce_eager=true
option.kv_cache_memory_bytes=512M
"""
HELLO = [{"role": "user", "content": "Hello"}]
GREETING = "Hello! How can I help you?"
HEADER = "X-Amzn-SageMaker-Adapter-Identifier"
GREEDY = {"temperature": 0, "max_tokens": 20}
LONG = {"temperature": 0, "max_tokens": 100, "ignore_eos": True}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model with an adapter beside it, as SageMaker mounts it."""
    directory = tmp_path_factory.mktemp("store") / "model"
    directory.mkdir()
    for file in MINI.iterdir():
        (directory / file.name).symlink_to(file)
    (directory / "serving.properties").write_text(PROPERTIES)
    write(directory / "adapters" / "one", seed=1)
    return directory


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More adapters, which the worker has not been told of: `two` to `five`."""
    directory = tmp_path_factory.mktemp("spare")
    for seed, name in enumerate(("two", "three", "four", "five"), start=2):
        write(directory / name, seed=seed)
    return directory


@pytest.fixture(scope="module")
def worker(model: Path) -> Iterator[Worker]:
    with Worker("--platform", "lmi", "--model-dir", str(model)) as worker:
        yield worker.wait_ready()


@pytest.fixture(scope="module")
def client(worker: Worker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=worker.url, timeout=60) as client:
        yield client


@pytest.fixture(autouse=True)
def without_traces(client: httpx.Client) -> Iterator[None]:
    """Takes away what a test has registered."""
    yield
    for name in set(names(client)) - {"one"}:
        client.delete(f"/adapters/{name}")


def register(client: httpx.Client, name: str, src: Path, **more: str) -> httpx.Response:
    return client.post("/adapters", params={"name": name, "src": str(src), **more})


def names(client: httpx.Client) -> list[str]:
    return [adapter["name"] for adapter in client.get("/adapters").json()["adapters"]]


def says(client: httpx.Client, adapter: str | None = None) -> str:
    """What a model answers to a greeting."""
    asked = {"adapters": adapter} if adapter else {}
    answer = client.post("/invocations", json={"messages": HELLO, **GREEDY, **asked})
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["choices"][0]["message"]["content"]
    return text


def lives(client: httpx.Client) -> bool:
    return client.get("/ping").status_code == 200 and says(client) == GREETING


def test_an_adapter_of_the_model_directory_answers_otherwise_than_the_model(client: httpx.Client, model: Path) -> None:
    known = {"name": "one", "src": str(model / "adapters" / "one"), "preload": True, "pin": False}
    for path in ("/adapters", "/models/model/adapters"):
        assert client.get(path).json() == {"adapters": [known]}
    assert says(client) == GREETING
    assert says(client, "one") != GREETING


def test_an_adapter_is_asked_for_in_several_ways(client: httpx.Client) -> None:
    body = {"inputs": "Hello", "parameters": {"max_new_tokens": 10, "do_sample": False}}
    base = client.post("/invocations", json=body).json()["generated_text"]
    adapted = [
        client.post("/invocations", json={**body, "adapters": "one"}),
        client.post("/invocations", json=body, headers={HEADER: "one"}),
        client.post("/invocations", json=body, params={"adapter": "one"}),
        client.post("/invocations", json={**body, "adapters": "unknown"}, headers={HEADER: "one"}),
        client.post("/v1/completions", json={**body, "adapters": "one"}),
    ]
    (said,) = {answer.json().get("generated_text") for answer in adapted}
    assert said not in (None, base)
    assert client.post("/invocations", json={**body, "adapters": ""}).json()["generated_text"] == base


def test_a_stream_of_an_adapter(client: httpx.Client) -> None:
    body = {"inputs": "Hello", "parameters": {"max_new_tokens": 10, "do_sample": False}, "adapters": "one"}
    whole = client.post("/invocations", json=body).json()["generated_text"]
    lines = client.post("/invocations", json={**body, "stream": True}).text.splitlines()
    assert json.loads(lines[-1])["generated_text"] == whole


def test_openais_answers_name_the_adapter(client: httpx.Client, worker: Worker) -> None:
    answer = client.post("/invocations", json={"messages": HELLO, **GREEDY, "adapters": "one"})
    assert answer.json()["model"] == "one"
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as openais:
        chat = openais.chat.completions.create(model="one", messages=HELLO, temperature=0, max_tokens=20)  # type: ignore[arg-type]
        assert (chat.model, chat.choices[0].message.content) == ("one", says(client, "one"))
        assert "one" in {each.id for each in openais.models.list()}


@pytest.mark.parametrize("path", ["/invocations", "/v1/chat/completions"])
def test_an_unknown_adapter(client: httpx.Client, path: str) -> None:
    answer = client.post(path, json={"messages": HELLO, **GREEDY, "adapters": "unknown"})
    assert (answer.status_code, answer.json()) == (424, {"error": "Adapter unknown is not registered", "code": 424})


def test_an_adapter_comes_and_goes(client: httpx.Client, spare: Path) -> None:
    one = says(client, "one")
    assert register(client, "two", spare / "two").json() == {"status": "Adapter two registered"}
    assert names(client) == ["one", "two"]
    assert says(client, "two") not in (one, GREETING)
    assert client.delete("/adapters/two").json() == {"status": "Adapter two unregistered"}
    assert client.post("/invocations", json={"messages": HELLO, "adapters": "two"}).status_code == 424
    assert (says(client, "one"), lives(client)) == (one, True)


def test_an_adapter_is_loaded_when_it_is_first_asked_for(client: httpx.Client, spare: Path) -> None:
    register(client, "lazy", spare / "two", preload="false")
    assert (
        client.post("/v1/chat/completions", json={"model": "lazy", "messages": HELLO, **GREEDY}).json()["model"]
        == "lazy"
    )


def test_what_cannot_be_loaded_harms_nobody(client: httpx.Client, spare: Path, tmp_path: Path) -> None:
    high, strange, empty = (write(tmp_path / name) for name in ("high", "strange", "empty"))
    settings = json.loads((high / "adapter_config.json").read_text())
    (high / "adapter_config.json").write_text(json.dumps({**settings, "r": 64}))
    (strange / "adapter_config.json").write_text("{")
    (empty / "adapter_model.safetensors").unlink()
    for src, reason in (
        (high, f"Adapter broken cannot be loaded from {high}: LoRA rank 64 is greater"),
        (strange, "is not a LoRA adapter: its adapter_config.json is no JSON object"),
        (empty, "is not a LoRA adapter: there is none of adapter_model.safetensors"),
    ):
        answer = register(client, "broken", src)
        assert (answer.status_code, answer.json()["code"]) == (424, 424)
        assert reason in answer.json()["error"]
    assert names(client) == ["one"]
    assert lives(client)


def test_more_adapters_than_slots_at_a_time(client: httpx.Client, spare: Path) -> None:
    many = ["two", "three", "four", "five"]
    for name in many:
        assert register(client, name, spare / name).status_code == 200
    alone = {name: says(client, name) for name in many}
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda name: (name, says(client, name)), many * 3))
    assert together == [(name, alone[name]) for name in many * 3]


def test_requests_outlive_the_registration_of_their_adapter(client: httpx.Client, spare: Path) -> None:
    register(client, "brief", spare / "two")
    body = {"prompt": "Hello", "adapters": "brief", **LONG}
    alone = client.post("/invocations", json=body).json()["choices"][0]["text"]
    with client.stream("POST", "/invocations", json={**body, "stream": True}) as running:
        lines = running.iter_lines()
        said = [next(lines)]
        assert client.delete("/adapters/brief").status_code == 200
        # Another adapter of that name comes when this one is done, and two more want its slot meanwhile.
        with ThreadPoolExecutor(3) as pool:
            again = pool.submit(register, client, "brief", spare / "three")
            others = [pool.submit(register, client, name, spare / name) for name in ("four", "five")]
            said += list(lines)
            assert [each.result().status_code for each in (again, *others)] == [200, 200, 200]
    assert "".join(json.loads(line)["choices"][0]["text"] for line in said if line) == alone
    assert says(client, "brief") != alone
    assert lives(client)


def test_new_weights_in_an_old_place_count_at_once(client: httpx.Client, tmp_path: Path) -> None:
    def likely(adapter: str) -> list[float]:
        """How likely its answer to a prompt of several cached blocks is."""
        prompt = "the blue boat " * 100
        asked = {"prompt": prompt, "logprobs": 1, "temperature": 0, "max_tokens": 5, "adapters": adapter}
        answer = client.post("/v1/completions", json=asked)
        told: list[float] = answer.json()["choices"][0]["logprobs"]["token_logprobs"]
        return told

    register(client, "changing", write(tmp_path / "changing", seed=2))
    old = likely("changing")
    client.delete("/adapters/changing")
    register(client, "changing", write(tmp_path / "changing", seed=3))
    register(client, "fresh", tmp_path / "changing")
    assert likely("changing") == pytest.approx(likely("fresh"), abs=0.02)
    assert likely("changing") != pytest.approx(old, abs=0.02)


def test_adapters_outlive_the_engine(worker: Worker, client: httpx.Client, spare: Path) -> None:
    register(client, "two", spare / "two")
    register(client, "lazy", spare / "three", preload="false")
    client.delete("/adapters/one")
    two = says(client, "two")
    family = worker.family()
    family["EngineCore"].kill()
    eventually(lambda: not family["server"].is_running(), "the server process has ended")
    worker.wait_ready()
    assert names(client) == ["two", "lazy"]
    assert (says(client, "two"), says(client)) == (two, GREETING)
    assert says(client, "lazy") != two
    assert client.post("/invocations", json={"messages": HELLO, "adapters": "one"}).status_code == 424


def test_log_probabilities_of_the_prompt_do_not_kill_the_engine(worker: Worker, client: httpx.Client) -> None:
    parameters = {"details": True, "decoder_input_details": True, "max_new_tokens": 2}
    family = worker.family()
    answer = client.post("/invocations", json={"inputs": ["a b c d", "e f g h"], "parameters": parameters})
    assert answer.status_code == 400
    assert "while LoRA is enabled" in answer.json()["error"]
    assert worker.family() == family
