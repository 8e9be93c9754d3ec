"""LMI containers with a real engine, and the clients that talk to them."""

import json
import signal
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from botocore.client import BaseClient
from huggingface_hub import InferenceClient

from dragoman.models import MINI
from tests.platforms.lmi.templates import PROPERTIES
from tests.real.lmi import LATER, TOOLS, Container, model_directory
from tests.real.test_bundled_model import WEATHER
from tests.real.worker import eventually
from tests.sagemaker.bridge import sagemaker
from tests.sagemaker.streams import Events, read

Json = dict[str, Any]

GREETING = "Hello! How can I help you?"
HELLO = [{"role": "user", "content": "Hello"}]
COUNT = "<|im_start|>user\nCount to 9<|im_end|>\n<|im_start|>assistant\n"
NUMBERS = "1, 2, 3, 4, 5, 6, 7, 8, 9"
SUM = "<|im_start|>user\nWhat is 2 + 3?<|im_end|>\n<|im_start|>assistant\n"
RUNNING = "vllm:num_requests_running"
LONG_CHAT = {"messages": HELLO, "max_tokens": 3000, "ignore_eos": True}
ENDLESS = {"max_new_tokens": 3000, "ignore_eos_token": True}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_directory(tmp_path_factory.mktemp("store"), PROPERTIES)


@pytest.fixture(scope="module")
def rolling(directory: Path) -> Iterator[Container]:
    """The guide's serving.properties."""
    with Container({**TOOLS, "SERVING_MODEL_STORE": str(directory)}) as worker:
        yield worker.wait_ready()


@pytest.fixture(scope="module")
def newest() -> Iterator[Container]:
    """The guide's variables, without rolling batch."""
    with Container({**TOOLS, **LATER}) as worker:
        yield worker.wait_ready()


@pytest.fixture(scope="module")
def launched() -> Iterator[Container]:
    """A small container that stands in for TGI; it may still be starting."""
    variables = {"HF_MODEL_ID": str(MINI), "OPTION_ROLLING_BATCH": "vllm", "OPTION_TGI_COMPAT": "true"}
    limits = {"OPTION_MAX_ROLLING_BATCH_SIZE": "2", "SERVING_JOB_QUEUE_SIZE": "1"}
    with Container({**variables, **limits}) as worker:
        yield worker


@pytest.fixture(scope="module")
def tgi(launched: Container) -> Container:
    return launched.wait_ready()


@pytest.fixture(params=["rolling", "newest"])
def worker(request: pytest.FixtureRequest) -> Container:
    worker: Container = request.getfixturevalue(request.param)
    return worker


@pytest.fixture
def endpoint(worker: Container) -> Iterator[BaseClient]:
    with sagemaker(worker.url) as client:
        yield client


@pytest.fixture
def client(worker: Container) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as client:
        yield client


def text(prompt: str, **parameters: object) -> Json:
    """A body of LMI's text schema; greedy in both eras, since the model's own temperature is 0."""
    return {"inputs": prompt, "parameters": parameters}


def streamed(prompt: str, **parameters: object) -> Json:
    return {**text(prompt, **parameters), "stream": True}


def tokens(worker: Container, body: Json) -> list[Json]:
    """The lines of a streamed answer."""
    response = worker.post(body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/jsonlines"
    return read([response.content])


def details(worker: Container, prompt: str = COUNT, **parameters: object) -> Json:
    answer = worker.post(text(prompt, details=True, **parameters)).json()
    assert answer.keys() == {"generated_text", "details"}
    return {**answer["details"], "generated_text": answer["generated_text"]}


def joined(pieces: list[Json]) -> str:
    return "".join(piece["text"] for piece in pieces)


def spoken(chunks: list[Json]) -> str:
    """What the chunks of a chat say."""
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def status_of(answer: tuple[int, str]) -> tuple[int, list[str]]:
    """The status of an answer to /ping, and those of the models in it."""
    return answer[0], [model["status"] for model in json.loads(answer[1]).values()]


# Starting


def test_a_container_that_loads_says_so(launched: Container) -> None:
    ping = status_of(launched.get("/ping"))
    refusal = launched.post(text("Hello"))

    assert ping == (503, ["PENDING"])
    assert (refusal.status_code, refusal.json()["code"]) == (503, 503)
    assert refusal.headers["retry-after"]


def test_a_container_that_has_loaded_is_healthy(rolling: Container, newest: Container, tgi: Container) -> None:
    assert [json.loads(worker.get("/ping")[1]) for worker in (rolling, newest)] == [
        {"model": {"status": "Healthy"}},
        {"test": {"status": "Healthy"}},
    ]
    assert status_of(tgi.get("/ping")) == (200, ["Healthy"])


def test_the_models_directory_stays_as_it_was(rolling: Container, directory: Path) -> None:
    assert status_of(rolling.get("/ping")) == (200, ["Healthy"])
    assert [path.name for path in directory.iterdir()] == ["serving.properties"]


def test_the_models_are_listed(newest: Container) -> None:
    status, body = newest.get("/models")

    assert status == 200
    assert [model["modelName"] for model in json.loads(body)["models"]] == ["test"]


@pytest.mark.parametrize("path", ["/server/metrics", "/metrics"])
def test_metrics(worker: Container, path: str) -> None:
    status, body = worker.get(path)

    assert status == 200
    assert RUNNING in body


# Texts


@pytest.mark.parametrize(
    "path",
    ["/invocations", "/predictions/{model}", "/models/{model}/invoke", "/v1/chat/completions", "/v1/completions"],
)
def test_a_text_is_generated_on_every_route(worker: Container, path: str) -> None:
    [model] = json.loads(worker.get("/ping")[1])

    response = worker.post(text(COUNT), path.format(model=model), x_request_id="mine")

    assert response.status_code == 200
    assert response.json() == {"generated_text": NUMBERS}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"]
    assert response.headers["x-request-id"] == "mine"


def test_details_in_the_documented_era(rolling: Container) -> None:
    told = details(rolling)

    assert told.keys() == {"generated_text", "finish_reason", "generated_tokens", "inputs", "tokens"}
    assert told["inputs"] == COUNT
    assert {frozenset(token) for token in told["tokens"]} == {frozenset({"id", "text", "log_prob"})}


def test_details_in_the_newest_era(newest: Container) -> None:
    told = details(newest, seed=7)

    assert told.keys() == {"generated_text", "finish_reason", "generated_tokens", "seed", "prefill", "tokens"}
    assert (told["seed"], told["prefill"]) == (7, [])
    assert {frozenset(token) for token in told["tokens"]} == {frozenset({"id", "text", "logprob"})}


@pytest.mark.parametrize(
    ("parameters", "generated", "reason"),
    [
        ({}, NUMBERS, "eos_token"),
        ({"max_new_tokens": 4}, "1, 2", "length"),
        ({"stop_sequences": [", 4"]}, "1, 2, 3", "stop_sequence"),
        ({"stop": ", 4"}, "1, 2, 3", "stop_sequence"),
    ],
)
def test_the_tokens_add_up(worker: Container, parameters: Json, generated: str, reason: str) -> None:
    told = details(worker, **parameters)

    assert (told["generated_text"], told["finish_reason"]) == (generated, reason)
    assert told["generated_tokens"] == len(told["tokens"])
    assert joined(told["tokens"]).startswith(generated)


def test_thirty_tokens_unless_asked(worker: Container) -> None:
    assert details(worker, ignore_eos_token=True)["generated_tokens"] == 30


def test_the_prompts_tokens_are_told(worker: Container) -> None:
    told = details(worker, decoder_input_details=True)

    assert COUNT.endswith(joined(told["prefill"]))


def test_alternatives_are_told(rolling: Container) -> None:
    told = details(rolling, top_n_tokens=3, max_new_tokens=5)

    assert [len(alternatives) for alternatives in told["top_tokens"]] == [3] * 5
    assert [alternatives[0]["id"] for alternatives in told["top_tokens"]] == [token["id"] for token in told["tokens"]]


def test_the_other_sequences_are_told(worker: Container) -> None:
    told = details(worker, "Once", best_of=3, do_sample=True, temperature=1.0)

    texts = [sequence["generated_text"] for sequence in (told, *told["best_of_sequences"])]
    assert len(texts) == len(set(texts)) == 3


def test_the_prompt_before_the_text(worker: Container) -> None:
    assert worker.post(text(COUNT, return_full_text=True)).json() == {"generated_text": COUNT + NUMBERS}


def test_a_seed_repeats_a_text(worker: Container) -> None:
    body = text("Once", do_sample=True, temperature=2.0, seed=42)

    assert worker.post(body).json() == worker.post(body).json() != worker.post(text("Once")).json()


def test_several_prompts(worker: Container) -> None:
    assert worker.post({"inputs": [COUNT, SUM]}).json() == [{"generated_text": NUMBERS}, {"generated_text": "5"}]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("text/plain", SUM), ("text/csv", f'inputs\n"{SUM}"\n'), ("application/x-www-form-urlencoded", {"inputs": SUM})],
)
def test_other_content_types(worker: Container, content_type: str, body: str | Json) -> None:
    content = {"data": body} if isinstance(body, dict) else {"content": body}

    response = worker.http.post("/invocations", headers={"Content-Type": content_type}, **content)

    answer = response.json()
    assert response.status_code == 200
    assert (answer[0] if isinstance(answer, list) else answer) == {"generated_text": "5"}


# Streams


def test_a_stream_in_the_documented_era(rolling: Container) -> None:
    *lines, last = tokens(rolling, streamed(COUNT))

    assert {frozenset(line) for line in lines} == {frozenset({"token"})}
    assert {frozenset(line["token"]) for line in (*lines, last)} == {frozenset({"id", "text", "log_prob"})}
    assert last.keys() == {"token", "generated_text"}
    assert last["generated_text"] == NUMBERS == joined([line["token"] for line in (*lines, last)])


def test_details_of_a_stream_in_the_documented_era(rolling: Container) -> None:
    lines = tokens(rolling, streamed(COUNT, details=True))

    assert lines[-1]["details"] == {"finish_reason": "eos_token", "generated_tokens": len(lines), "inputs": COUNT}


def test_a_stream_in_the_newest_era(newest: Container) -> None:
    *lines, last = tokens(newest, streamed(COUNT))

    assert {frozenset(line) for line in (*lines, last)} == {frozenset({"index", "token", "generated_text", "details"})}
    assert {frozenset(line["token"]) for line in (*lines, last)} == {frozenset({"id", "text", "logprob"})}
    assert {(line["generated_text"], line["details"]) for line in lines} == {(None, None)}
    assert (last["generated_text"], last["details"]) == (NUMBERS, None)


def test_details_of_a_stream_in_the_newest_era(newest: Container) -> None:
    lines = tokens(newest, streamed(COUNT, details=True, max_new_tokens=5))

    assert lines[-1]["details"].keys() == {"finish_reason", "seed", "generated_tokens", "input_length"}
    assert (lines[-1]["details"]["finish_reason"], lines[-1]["details"]["generated_tokens"]) == ("length", 5)


def test_a_stream_of_events(worker: Container) -> None:
    response = worker.post(streamed(COUNT), accept="text/event-stream")

    assert response.headers["content-type"].startswith("text/event-stream")
    assert read([response.content], Events)[-1]["generated_text"] == NUMBERS


# Chats


def test_a_chat_in_the_documented_era(rolling: Container) -> None:
    answer = rolling.post({"messages": HELLO}).json()

    assert answer.keys() == {"id", "object", "created", "choices", "usage"}
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": GREETING}
    assert answer["choices"][0]["finish_reason"] == "eos_token"


def test_a_chat_in_the_newest_era(newest: Container) -> None:
    answer = newest.post({"messages": HELLO}).json()

    assert answer["model"] == "test"
    assert answer["choices"][0]["message"]["content"] == GREETING
    assert answer["choices"][0]["finish_reason"] == "stop"


def test_a_chat_is_streamed_in_lines(worker: Container) -> None:
    chunks = tokens(worker, {"messages": HELLO, "stream": True})

    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert spoken(chunks) == GREETING


def test_a_chat_is_streamed_in_events(worker: Container) -> None:
    response = worker.post({"messages": HELLO, "stream": True}, accept="text/event-stream")
    events = Events()

    chunks = list(events.feed(response.content))

    assert events.done
    assert spoken(chunks) == GREETING


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called(worker: Container, stream: bool) -> None:
    ask = [{"role": "user", "content": "What is the weather in Paris?"}]

    response = worker.post({"messages": ask, "tools": [WEATHER], "stream": stream})

    choices = [choice for answer in read([response.content + b"\n"]) for choice in answer["choices"]]
    assert choices[-1]["finish_reason"] == "tool_calls"


def test_a_prompt_is_completed_in_openais_words(worker: Container) -> None:
    answer = worker.post({"prompt": SUM, "max_tokens": 5}).json()

    assert (answer["object"], answer["choices"][0]["text"]) == ("text_completion", "5")


# OpenAI's API


def test_openais_client_chats(client: openai.OpenAI) -> None:
    assert "lmi" in {model.id for model in client.models.list()}

    completion = client.chat.completions.create(model="lmi", messages=[{"role": "user", "content": "Hello"}])

    assert completion.choices[0].message.content == GREETING
    assert completion.choices[0].finish_reason == "stop"


def test_openais_client_streams(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model="lmi", messages=[{"role": "user", "content": "Hello"}], stream=True)

    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == GREETING


def test_openais_client_completes(client: openai.OpenAI) -> None:
    assert client.completions.create(model="lmi", prompt=SUM, max_tokens=5).choices[0].text == "5"
    stream = client.completions.create(model="lmi", prompt=SUM, max_tokens=5, stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == "5"


def test_openais_client_is_told_what_is_wrong(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="temperature"):
        client.completions.create(model="lmi", prompt=SUM, temperature=-1)
    with pytest.raises(openai.NotFoundError):
        client.completions.create(model="no-such-model", prompt=SUM)


def test_lines_on_openais_routes(worker: Container) -> None:
    body = {"model": "lmi", "messages": HELLO, "stream": True}

    response = worker.post(body, "/v1/chat/completions", accept="application/jsonlines")

    assert response.headers["content-type"] == "application/jsonlines"
    chunks = read([response.content])
    assert spoken(chunks) == GREETING


# Refusals


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"inputs": ""}',
        b'{"inputs": {"a": 1}}',
        b'{"inputs": "a", "parameters": []}',
        b'{"inputs": "a", "parameters": {"max_new_tokens": "many"}}',
        b'{"inputs": ["a", "b"], "stream": true}',
        b'{"inputs": "a", "adapters": "no-such-adapter"}',
        b'{"messages": "Hello"}',
        b'{"messages": [{"content": "no role"}]}',
    ],
)
def test_a_request_that_cannot_be_done_is_refused(worker: Container, content: bytes) -> None:
    response = worker.http.post("/invocations", content=content, headers={"Content-Type": "application/json"})

    said = response.json()
    assert said.keys() == {"error", "code"}
    assert 400 <= response.status_code == said["code"] < 500
    assert said["error"]
    assert "Traceback" not in said["error"]
    assert status_of(worker.get("/ping")) == (200, ["Healthy"])


@pytest.mark.parametrize(
    "body",
    [text("word " * 5000), text("a", temperature=-1), {"messages": [{"role": "user", "content": "word " * 5000}]}],
    ids=["a long prompt", "a low temperature", "a long message"],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_engines_refusal_has_a_status(rolling: Container, newest: Container, body: Json, stream: bool) -> None:
    documented, other = (worker.post({**body, "stream": stream}) for worker in (rolling, newest))

    assert (documented.status_code, documented.json()["code"]) == (424, 424)
    assert (other.status_code, other.json()["code"]) == (400, 400)
    assert documented.json()["error"] == other.json()["error"]


@pytest.mark.parametrize("path", ["/predictions/no", "/models/no/invoke", "/no"])
def test_what_is_not_there_is_not_found(worker: Container, path: str) -> None:
    response = worker.post(text("a"), path)

    assert response.status_code == 404
    assert response.json().keys() == {"code", "type", "message"}


def test_a_full_queue_refuses(tgi: Container) -> None:
    with tgi.unread(text("a", **ENDLESS)), tgi.unread(text("a", **ENDLESS)), tgi.unread(text("a", **ENDLESS)):
        tgi.counts("vllm:num_requests_waiting", 1)
        refusal = tgi.post(text("a"))

    assert refusal.status_code == 503
    assert (refusal.json()["code"], refusal.json()["type"]) == (503, "WlmCapacityException")
    tgi.counts(RUNNING, 0)
    assert tgi.post(text(SUM)).status_code == 200


# Leaving


def test_the_engine_stops_when_the_client_of_a_stream_leaves(worker: Container) -> None:
    with worker.http.stream("POST", "/invocations", json=streamed("a", **ENDLESS)) as response:
        # An iterator that nothing refers to is closed, and the connection with it.
        pieces = response.iter_raw()
        next(pieces)
        worker.counts(RUNNING, 1)

    worker.counts(RUNNING, 0)


def test_the_engine_stops_when_a_waiting_client_leaves(worker: Container) -> None:
    with worker.unread(text("a", **ENDLESS)):
        worker.counts(RUNNING, 1)

    worker.counts(RUNNING, 0)


# Sessions


def test_a_session(newest: Container) -> None:
    with sagemaker(newest.url) as client:
        opened = invoke(client, {"requestType": "NEW_SESSION"}, SessionId="NEW_SESSION")
        session = opened["NewSessionId"].partition(";")[0]
        used = invoke(client, text(SUM), SessionId=session)
        closed = invoke(client, {"requestType": "CLOSE"}, SessionId=session)
        with pytest.raises(client.exceptions.ModelError) as refused:
            invoke(client, text(SUM), SessionId=session)

    assert opened["said"] == {"result": f"Session {session} created"}
    assert used["said"] == {"generated_text": "5"}
    assert closed["ClosedSessionId"] == session
    assert refused.value.response["OriginalStatusCode"] == 424


# SageMaker


def invoke(client: BaseClient, body: Json, **options: str) -> Json:
    """What an endpoint answers, with its body read."""
    answer: Json = client.invoke_endpoint(
        EndpointName="mini", ContentType="application/json", Body=json.dumps(body), **options
    )
    return {**answer, "said": json.loads(answer["Body"].read())}


def parts(client: BaseClient, body: Json, **options: str) -> Generator[bytes]:
    """The parts of a streamed answer."""
    answer = client.invoke_endpoint_with_response_stream(
        EndpointName="mini", ContentType="application/json", Body=json.dumps(body), **options
    )
    with closing(answer["Body"]) as events:
        yield from (event["PayloadPart"]["Bytes"] for event in events)


def test_sagemakers_client_invokes(endpoint: BaseClient) -> None:
    assert invoke(endpoint, text(COUNT))["said"] == {"generated_text": NUMBERS}
    assert invoke(endpoint, {"messages": HELLO})["said"]["choices"][0]["message"]["content"] == GREETING


def test_sagemakers_client_streams(endpoint: BaseClient) -> None:
    received = list(parts(endpoint, streamed(COUNT)))

    assert len(received) > 9
    assert read(received)[-1]["generated_text"] == NUMBERS


def test_sagemakers_client_streams_events(endpoint: BaseClient) -> None:
    received = parts(endpoint, {"messages": HELLO, "stream": True}, Accept="text/event-stream")

    chunks = read(received, Events)
    assert spoken(chunks) == GREETING


def test_sagemakers_client_is_told_what_is_wrong(endpoint: BaseClient) -> None:
    with pytest.raises(endpoint.exceptions.ModelError) as caught:
        invoke(endpoint, text("a"), InferenceComponentName="no-such-adapter")

    assert caught.value.response["OriginalStatusCode"] == 424
    assert "no-such-adapter" in json.loads(caught.value.response["OriginalMessage"])["error"]


def test_the_engine_stops_when_sagemakers_client_leaves(worker: Container, endpoint: BaseClient) -> None:
    received = parts(endpoint, streamed("a", **ENDLESS))
    next(received)
    worker.counts(RUNNING, 1)

    received.close()

    worker.counts(RUNNING, 0)


# TGI


def test_hugging_faces_client_generates(tgi: Container) -> None:
    hugging_face = InferenceClient(model=f"{tgi.url}/invocations")

    answer = hugging_face.text_generation(COUNT, max_new_tokens=100, details=True)

    assert answer.generated_text == NUMBERS
    assert answer.details is not None
    assert answer.details.finish_reason == "eos_token"
    assert all(isinstance(token.id, int) and isinstance(token.logprob, float) for token in answer.details.tokens)


def test_hugging_faces_client_streams(tgi: Container) -> None:
    hugging_face = InferenceClient(model=f"{tgi.url}/invocations")

    *tokens, last = hugging_face.text_generation(COUNT, max_new_tokens=100, details=True, stream=True)

    assert last.generated_text == NUMBERS
    assert last.details is not None
    assert all(isinstance(each.token.id, int) and isinstance(each.token.logprob, float) for each in (*tokens, last))


def test_hugging_faces_client_and_the_newest_era(newest: Container) -> None:
    hugging_face = InferenceClient(model=f"{newest.url}/invocations")

    answer = hugging_face.text_generation(COUNT, max_new_tokens=100, details=True)
    *_, last = hugging_face.text_generation(COUNT, max_new_tokens=100, details=True, stream=True)

    assert answer.generated_text == last.generated_text == NUMBERS
    assert last.details is not None


# Ending


def broken(worker: Container, content: Json) -> tuple[int, list[Json]]:
    """Status and lines of an answer whose engine is killed meanwhile."""
    worker.wait_ready()
    with worker.http.stream("POST", "/invocations", json=content) as response:
        pieces = response.iter_raw()
        first = next(pieces)
        worker.family()["EngineCore"].kill()
        return response.status_code, read([first, *pieces])


@pytest.mark.parametrize("content", [streamed("a", **ENDLESS), {**LONG_CHAT, "stream": True}], ids=["text", "chat"])
def test_a_stream_ends_with_an_error_when_the_engine_dies(worker: Container, content: Json) -> None:
    status, lines = broken(worker, content)

    assert status == 200
    assert not any("error" in line for line in lines[:-1])
    assert "Inference engine failure" in json.dumps(lines[-1]["error"])
    assert lines[-1].keys() <= {"error", "code"}


def test_an_answer_is_an_error_when_the_engine_dies(rolling: Container, newest: Container) -> None:
    def refused(worker: Container) -> httpx.Response:
        worker.wait_ready()
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(worker.post, text("a", **ENDLESS))
            worker.counts(RUNNING, 1)
            worker.family()["EngineCore"].kill()
            return answer.result()

    answers = [refused(worker) for worker in (rolling, newest)]

    assert [answer.status_code for answer in answers] == [answer.json()["code"] for answer in answers] == [424, 500]


def test_sigterm_lets_a_request_finish_and_leaves_nothing(tgi: Container) -> None:
    family = tgi.family()
    body = streamed("a", max_new_tokens=400, ignore_eos_token=True)
    with tgi.http.stream("POST", "/invocations", json=body) as response:
        events = Events()
        pieces = response.iter_raw()
        said = list(events.feed(next(pieces)))
        tgi.process.send_signal(signal.SIGTERM)
        eventually(lambda: status_of(tgi.get("/ping")) == (503, ["Unhealthy"]), "/ping tells of the drain")
        said += [each for piece in pieces for each in events.feed(piece)]

    assert said[-1]["generated_text"]
    assert tgi.process.wait(30) == 0
    assert [name for name, process in family.items() if process.is_running()] == []
