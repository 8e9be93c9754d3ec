import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from starlette.types import Message

from dragoman.engine.client import Client
from dragoman.engine.threads import LARGE
from dragoman.platforms.datarobot.hooks.failures import UserError
from dragoman.platforms.datarobot.routes import chat as chat_routes
from dragoman.platforms.datarobot.routes import chat_requests
from dragoman.platforms.datarobot.routes.chat_requests import Chat
from dragoman.serving.entrance.limits import Limits
from tests.platforms.datarobot.asking import Answer, ask
from tests.platforms.datarobot.engines import Trouble, VllmLike, error
from tests.platforms.datarobot.workers import worker

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HI = {"messages": [{"role": "user", "content": "hi"}]}
SAID = ["R", ":", "h", "i"]
COMPLETION = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
CHUNK = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
Hooked = Callable[..., None]


async def chat(engine: VllmLike, **fields: object) -> Answer:
    return await ask(worker(engine), "POST", CHAT, {**HI, **fields})


def texts(answer: Answer) -> list[str]:
    return [event["choices"][0]["delta"]["content"] for event in answer.events if "choices" in event]


@pytest.mark.parametrize("path", ["/chat/completions", "/v1/chat/completions", "/v1/chat/completions/"])
async def test_the_engine_answers_with_an_association_id(engine: VllmLike, path: str) -> None:
    answer = await ask(worker(engine), "POST", path, HI)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.content["choices"][0]["message"]["content"] == "R:hi"
    assert UUID(answer.content["datarobot_association_id"]).version == 4


async def test_a_chat_without_a_model_is_for_the_one_that_is_served() -> None:
    engine = VllmLike(models=("mini",))
    await ask(worker(engine, served_model_name=["mini"]), "POST", CHAT, HI)
    assert engine.last.content == {**HI, "model": "mini"}


async def test_an_engine_with_names_of_its_own_is_asked_without_a_name_unless_the_client_says_one() -> None:
    engine = VllmLike(models=("mini", None))
    app = worker(engine, served_model_name=None)
    await ask(app, "POST", CHAT, HI)
    await ask(app, "POST", CHAT, {**HI, "model": "mini"})
    assert [seen.content.get("model") for seen in engine.seen] == [None, "mini"]


async def test_every_field_reaches_the_engine(engine: VllmLike) -> None:
    fields = {"structured_outputs": {"choice": ["a"]}, "top_k": 5, "datarobot_association_id": "a1"}
    answer = await chat(engine, **fields)
    assert engine.last.content == {**HI, **fields, "model": "datarobot-deployed-llm"}
    assert answer.content["datarobot_association_id"] == "a1"


async def test_what_the_runtime_parameters_say_of_rows_does_not_concern_chats(engine: VllmLike) -> None:
    app = worker(engine, system_prompt="Be kind.", n=2, temperature=0, max_tokens=3)
    await ask(app, "POST", CHAT, HI)
    assert engine.last.content == {**HI, "model": "datarobot-deployed-llm"}


async def test_the_engine_gets_a_clients_ids_and_no_other_headers(engine: VllmLike) -> None:
    headers = {"x-request-id": "r1", "traceparent": "00-a", "authorization": "Bearer k", "cookie": "c"}
    await ask(worker(engine), "POST", CHAT, HI, headers)
    passed = {name: engine.last.headers.get(name) for name in headers}
    assert passed == {**headers, "authorization": None, "cookie": None}


@pytest.mark.parametrize("status", [400, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("stream", [False, True])
async def test_what_the_engine_refuses_keeps_its_status(engine: VllmLike, status: int, stream: bool) -> None:
    engine.trouble = Trouble(refusal=(status, "no"))
    answer = await chat(engine, stream=stream)
    assert answer.told == (status, {"message": f"ERROR: Error code: {status} - no"})


async def test_an_unknown_model_is_not_found(engine: VllmLike) -> None:
    answer = await chat(engine, model="bogus-name")
    message = "ERROR: Error code: 404 - The model `bogus-name` does not exist."
    assert answer.told == (404, {"message": message})


async def test_a_body_that_is_no_json_is_refused(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", CHAT, b"{", {"content-type": "application/json"})
    assert (answer.status, list(answer.content)) == (400, ["error"])


async def test_a_body_that_does_not_say_that_it_is_json_is_refused(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", CHAT, b"{}", {"content-type": "text/plain"})
    assert answer.status == 500
    assert answer.content["message"].startswith("ERROR: 415 Unsupported Media Type: ")


async def test_a_stream_has_the_association_id_in_every_chunk_and_an_end(engine: VllmLike) -> None:
    answer = await chat(engine, stream=True, datarobot_association_id="a1")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert texts(answer) == SAID
    assert {event["datarobot_association_id"] for event in answer.events[:-1]} == {"a1"}
    assert answer.events[-1] == "[DONE]"


async def test_chunks_are_sent_as_they_come(engine: VllmLike) -> None:
    more = asyncio.Event()
    engine.trouble = Trouble(waits=more, after=1)
    body = orjson.dumps({**HI, "stream": True})
    headers = [(b"content-type", b"application/json")]
    async with Client(worker(engine)).stream("POST", CHAT, headers=headers, body=body) as response:
        assert b'"content":"R"' in await anext(response.chunks)
        more.set()
        assert (await response.read()).endswith(b"data: [DONE]\n\n")


async def test_a_stream_that_is_empty_has_its_end_alone(engine: VllmLike) -> None:
    engine.trouble = Trouble(event=b"data: [DONE]\n\n")
    assert (await chat(engine, stream=True)).events == ["[DONE]"]


async def test_an_error_before_the_first_chunk_is_no_stream(engine: VllmLike) -> None:
    engine.trouble = Trouble(event=b"data: " + orjson.dumps(error(400, "no")) + b"\n\n")
    assert (await chat(engine, stream=True)).told == (400, {"message": "ERROR: Error code: 400 - no"})


async def test_an_error_within_a_stream_is_its_last_event(engine: VllmLike) -> None:
    engine.trouble = Trouble(event=b"data: " + orjson.dumps(error(500, "gone")) + b"\n\n", after=2)
    answer = await chat(engine, stream=True)
    assert texts(answer) == SAID[:2]
    assert answer.events[-1] == error(500, "gone")


@pytest.mark.parametrize("trouble", [Trouble(ends=True, after=2), Trouble(raises=RuntimeError("gone"), after=2)])
async def test_a_stream_that_breaks_off_says_so(engine: VllmLike, trouble: Trouble) -> None:
    engine.trouble = trouble
    answer = await chat(engine, stream=True)
    assert texts(answer) == SAID[:2]
    assert answer.events[-1]["error"]["code"] == 500


@pytest.mark.parametrize("stream", [False, True])
async def test_an_engine_that_fails_at_once_is_an_error(engine: VllmLike, stream: bool) -> None:
    engine.trouble = Trouble(raises=RuntimeError("gone"))
    answer = await chat(engine, stream=stream)
    assert answer.told == (500, {"message": "ERROR: Error code: 500 - its answer broke off"})


@pytest.mark.parametrize("stream", [False, True])
async def test_an_engine_that_takes_too_long_is_given_up(engine: VllmLike, stream: bool) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    answer = await ask(worker(engine, request_timeout=0.01), "POST", CHAT, {**HI, "stream": stream})
    assert answer.told == (500, {"message": "ERROR: Request timed out."})
    assert engine.aborted == ["hi"]


async def test_a_stream_that_takes_too_long_says_so(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event(), after=1)
    answer = await ask(worker(engine, request_timeout=0.05), "POST", CHAT, {**HI, "stream": True})
    assert answer.events[-1]["error"]["message"] == "ERROR: Request timed out."


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_ends_the_engines_request(engine: VllmLike, stream: bool) -> None:
    engine.trouble = Trouble(waits=asyncio.Event(), after=1)
    asking = asyncio.create_task(chat(engine, stream=stream))
    await engine.started.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert engine.aborted == ["hi"]


async def test_a_hook_answers_in_the_engines_place(engine: VllmLike, hooked: Hooked) -> None:
    def hook(completion_create_params: dict[str, Any], model: object) -> dict[str, Any]:
        return {**COMPLETION, "asked": completion_create_params, "model": model}

    hooked(chat=hook)
    answer = await chat(engine, datarobot_association_id="a1")
    asked = {**HI, "datarobot_association_id": "a1"}
    assert answer.content == {**COMPLETION, "asked": asked, "model": "the model", "datarobot_association_id": "a1"}
    assert not engine.seen


async def test_a_hook_may_give_an_object_of_openais(engine: VllmLike, hooked: Hooked) -> None:
    hooked(chat=lambda params, model: ChatCompletion.model_validate(COMPLETION))
    answer = await chat(engine, datarobot_association_id="a1")
    assert answer.content == {**COMPLETION, "datarobot_association_id": "a1"}


async def test_a_hook_that_takes_them_gets_the_headers_by_any_spelling(engine: VllmLike, hooked: Hooked) -> None:
    seen: list[object] = []

    def hook(params: object, model: object, headers: Any) -> dict[str, Any]:  # noqa: ANN401
        seen.extend((headers["X-DATAROBOT-identity"], headers.get("nothing"), dict(headers)["X-Datarobot-Identity"]))
        return COMPLETION

    hooked(chat=hook)
    await ask(worker(engine), "POST", CHAT, HI, {"x-datarobot-identity": "me"})
    assert seen == ["me", None, "me"]


def plain(params: object, model: object) -> Iterator[object]:
    for _ in range(2):
        yield dict(CHUNK)


def of_openais(params: object, model: object) -> list[object]:
    return [ChatCompletionChunk.model_validate(CHUNK)] * 2


async def asynchronous(params: object, model: object) -> AsyncIterator[object]:
    for _ in range(2):
        yield dict(CHUNK)


@pytest.mark.parametrize("hook", [plain, of_openais, asynchronous])
async def test_a_hook_may_give_chunks(engine: VllmLike, hooked: Hooked, hook: Callable[..., object]) -> None:
    hooked(chat=hook)
    answer = await chat(engine, stream=True, datarobot_association_id="a1")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.events == [{**CHUNK, "datarobot_association_id": "a1"}] * 2 + ["[DONE]"]


async def test_a_hook_may_give_no_chunks(engine: VllmLike, hooked: Hooked) -> None:
    hooked(chat=lambda params, model: [])
    assert (await chat(engine, stream=True)).events == ["[DONE]"]


@pytest.mark.parametrize("made", [["text"], [SimpleNamespace(object="model")], {"object": "list"}, "text"])
async def test_a_hook_that_gives_something_else_has_failed(engine: VllmLike, hooked: Hooked, made: object) -> None:
    hooked(chat=lambda params, model: made)
    answer = await chat(engine)
    message = "ERROR: Expected response to be ChatCompletion or Iterable[ChatCompletionChunk]. response type: "
    assert (answer.status, answer.content["message"]) == (500, f"{message}{type(made)}.")


@pytest.mark.parametrize("value", [2**70, "half \ud800", {"1": "a"}])
@pytest.mark.parametrize("made", [COMPLETION, CHUNK])
async def test_a_hook_may_give_all_that_json_holds(
    engine: VllmLike, hooked: Hooked, made: dict[str, object], value: object
) -> None:
    whole = made is COMPLETION
    hooked(chat=lambda params, model: {**made, "more": value} if whole else [{**made, "more": value}])
    answer = await chat(engine)
    text = answer.body if whole else answer.body.splitlines()[0].removeprefix(b"data: ")
    assert json.loads(text)["more"] == value


@pytest.mark.parametrize("made", [{**COMPLETION, "more": {1}}, [{**CHUNK, "more": {1}}]])
async def test_a_hook_that_gives_what_json_does_not_hold_has_failed(
    engine: VllmLike, hooked: Hooked, caplog: pytest.LogCaptureFixture, made: object
) -> None:
    hooked(chat=lambda params, model: made)
    assert (await chat(engine)).told == (500, {"message": "ERROR: chat returned what JSON does not hold: set"})
    assert "Traceback" not in caplog.text


async def test_a_chunk_that_json_does_not_hold_ends_its_stream(engine: VllmLike, hooked: Hooked) -> None:
    hooked(chat=lambda params, model: [CHUNK, {**CHUNK, "more": {1}}])
    first, last = (await chat(engine, stream=True)).events
    assert first["object"] == "chat.completion.chunk"
    assert last["error"]["message"] == "ERROR: chat returned what JSON does not hold: set"


async def test_a_hook_that_fails_is_an_error(engine: VllmLike, hooked: Hooked) -> None:
    def hook(params: object, model: object) -> object:
        raise RuntimeError("no luck")

    hooked(chat=hook)
    assert (await chat(engine)).told == (500, {"message": "ERROR: no luck"})


async def test_a_hook_that_fails_within_a_stream_ends_it_with_an_error(engine: VllmLike, hooked: Hooked) -> None:
    def hook(params: object, model: object) -> Iterator[object]:
        yield CHUNK
        raise RuntimeError("no luck")

    hooked(chat=hook)
    first, last = (await chat(engine, stream=True)).events
    assert first["object"] == "chat.completion.chunk"
    assert last["error"]["message"] == "ERROR: no luck"


async def test_a_hook_chooses_what_is_told(engine: VllmLike, hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    async def call(*args: object, **kwargs: object) -> object:
        raise UserError("slow down", 429)

    monkeypatch.setattr("dragoman.platforms.datarobot.hooks.call", call)
    hooked(chat=lambda params, model: None)
    answer = await chat(engine)
    assert answer.told == (429, {"message": "slow down"})
    assert answer.headers["x-drum-user-http-error"] == "true"


async def test_a_client_that_takes_nothing_of_its_answer_is_left(engine: VllmLike) -> None:
    messages: list[Message] = [{"type": "http.request", "body": orjson.dumps({**HI, "stream": True})}]

    async def receive() -> Message:
        return messages.pop() if messages else await asyncio.Future()

    async def deaf(message: Message) -> None:
        await asyncio.Future()

    engine.trouble = Trouble(waits=asyncio.Event(), after=2)
    scope = {"type": "http", "method": "POST", "path": CHAT, "headers": [(b"content-type", b"application/json")]}
    await asyncio.wait_for(worker(engine, request_timeout=0.01)(scope, receive, deaf), 10)
    assert engine.aborted == ["hi"]


async def test_a_large_body_is_read_beside_the_event_loop(engine: VllmLike, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[threading.Thread] = []

    def read(kind: str, body: bytes, limits: Limits) -> Chat:
        readers.append(threading.current_thread())
        return chat_requests.read(kind, body, limits)

    monkeypatch.setattr(chat_routes, "read", read)
    for size in (0, LARGE):
        await chat(engine, user="u" * size)
    assert [reader is threading.current_thread() for reader in readers] == [True, False]


async def test_the_workers_limits_count_for_chats(engine: VllmLike) -> None:
    answer = await ask(worker(engine, max_json_depth=2), "POST", CHAT, HI)
    said = "ERROR: Error code: 400 - The request is nested more than 2 levels deep (max_json_depth)."
    assert (answer.status, answer.content) == (400, {"message": said})
    assert engine.seen == []
