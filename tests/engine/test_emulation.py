import asyncio
import json
import logging
from typing import Any

import orjson
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.engine import emulation
from dragoman.engine.client import Client, Header
from dragoman.engine.emulation import Emulation, emulating
from dragoman.engine.guard.application import Guard
from dragoman.engine.guard.bodies import CONTENT
from dragoman.serving.entrance.limits import Limits
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio

COMPLETIONS = "/v1/completions"
CHAT = "/v1/chat/completions"
GREEDY = "n must be 1 when using greedy sampling, got 3."
FIELDS: list[dict[str, Any]] = [{"best_of": 2}, {"use_beam_search": True}, {"guided_regex": "a"}]


class Sequences:
    """An engine whose i-th sequence for a prompt is the text i with the log-probability that its text is given."""

    def __init__(self, *logprobs: float) -> None:
        self.logprobs = logprobs
        self.temperature = 1.0
        self.requests: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked = await request.json()
        self.requests.append(asked)
        self.headers = dict(request.headers)
        await self._answer(asked, scope["path"] == CHAT)(scope, receive, send)

    def _answer(self, asked: dict[str, Any], chat: bool) -> Response:
        n = asked.get("n") or 1
        temperature = self.temperature if asked.get("temperature") is None else asked["temperature"]
        if n > 1 and temperature == 0 and not asked.get("use_beam_search"):
            return JSONResponse({"error": {"message": GREEDY, "type": "BadRequestError"}}, 400)
        choice = _message if chat else _text
        choices = [choice(i, self.logprobs[i], "logprobs" in asked) for i in range(n)]
        named = {"id": "x-1", "object": "chat.completion" if chat else "text_completion", "created": 5, "model": "m"}
        usage = {"prompt_tokens": 1, "completion_tokens": n, "total_tokens": 1 + n}
        return JSONResponse({**named, "choices": choices, "usage": usage}, headers={"x-request-id": "r"})


def _text(index: int, logprob: float, told: bool) -> dict[str, Any]:
    logprobs = {"token_logprobs": [logprob]} if told else None
    return {"index": index, "text": str(index), "logprobs": logprobs, "finish_reason": "stop"}


def _message(index: int, logprob: float, told: bool) -> dict[str, Any]:
    logprobs = {"content": [{"logprob": logprob}]} if told else None
    message = {"role": "assistant", "content": str(index)}
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": "stop"}


@pytest.fixture
def sequences() -> Sequences:
    return Sequences(-3.0, -1.0, -2.0)


def emulation_of(app: ASGIApp) -> Client:
    """Behind the guard, which reads requests for it."""
    return Client(Guard(Emulation(app), Limits()))


@pytest.fixture
def client(sequences: Sequences) -> Client:
    return emulation_of(sequences)


async def ask(client: Client, path: str, **request: object) -> dict[str, Any]:
    status, answer = await client.post(path, request)
    assert status == 200, answer
    response: dict[str, Any] = orjson.loads(answer)
    return response


async def stream(client: Client, path: str, **request: object) -> tuple[dict[str, str], list[bytes]]:
    async with client.stream("POST", path, body=orjson.dumps(request | {"stream": True})) as response:
        headers = {name.decode(): value.decode() for name, value in response.headers}
        return headers, [chunk async for chunk in response.chunks]


def said(chunks: list[bytes]) -> list[str]:
    """The texts of a stream, without the empty ones."""
    choices = [orjson.loads(chunk.removeprefix(b"data: "))["choices"][0] for chunk in chunks[:-1]]
    texts = [choice["text"] if "text" in choice else choice["delta"].get("content") for choice in choices]
    return [text for text in texts if text]


# What is not concerned


class Touchstone:
    """An application that keeps what it was called with."""

    def __init__(self) -> None:
        self.call: tuple[Scope, Receive, Send] | None = None
        self.body = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.call = (scope, receive, send)
        self.body = await Request(scope, receive).body() if scope["type"] == "http" else b""


async def nothing() -> Message:
    return {"type": "http.request"}


async def drop(message: Message) -> None:
    pass


@pytest.mark.parametrize(
    "scope",
    [
        {"type": "lifespan"},
        {"type": "websocket", "path": COMPLETIONS},
        {"type": "http", "method": "GET", "path": COMPLETIONS},
        {"type": "http", "method": "POST", "path": "/v1/embeddings"},
        {"type": "http", "method": "POST", "path": "/v1/chat/completions/batch"},
    ],
)
async def test_what_is_no_completion_passes_with_the_same_objects(scope: Scope) -> None:
    touchstone = Touchstone()

    await Emulation(touchstone)(scope, nothing, drop)

    assert touchstone.call == (scope, nothing, drop)


@pytest.mark.parametrize("path", [COMPLETIONS, CHAT])
@pytest.mark.parametrize(
    "known",
    [
        {},
        {CONTENT: {"prompt": "hi", "n": 2}},
        {CONTENT: {"prompt": "what is best_of?"}},
        {CONTENT: {"x": {"best_of": 2}}},
    ],
)
async def test_a_request_without_a_dropped_field_passes_with_the_same_objects(
    path: str, known: dict[str, dict[str, Any]]
) -> None:
    touchstone = Touchstone()
    scope = {"type": "http", "method": "POST", "path": path, "headers": [], **known}

    await Emulation(touchstone)(scope, nothing, drop)

    assert touchstone.call == (scope, nothing, drop)


# best_of and beams


@pytest.mark.parametrize("path", [COMPLETIONS, CHAT])
async def test_the_best_are_returned(client: Client, path: str) -> None:
    response = await ask(client, path, best_of=3, n=2)

    texts = [choice["text"] if path == COMPLETIONS else choice["message"]["content"] for choice in response["choices"]]
    assert texts == ["1", "2"]
    assert [choice["index"] for choice in response["choices"]] == [0, 1]
    assert [choice["logprobs"] for choice in response["choices"]] == [None, None]
    assert response["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize("path", [COMPLETIONS, CHAT])
async def test_the_best_are_streamed(client: Client, path: str) -> None:
    headers, chunks = await stream(client, path, best_of=3, n=2)

    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert said(chunks) == ["1", "2"]
    assert chunks[-1] == b"data: [DONE]\n\n"


async def test_a_stream_tells_the_usage_when_asked(client: Client) -> None:
    _, chunks = await stream(client, COMPLETIONS, best_of=3, stream_options={"include_usage": True})

    assert orjson.loads(chunks[-2].removeprefix(b"data: "))["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize("path", [COMPLETIONS, CHAT])
async def test_beams_are_streamed(client: Client, sequences: Sequences, path: str) -> None:
    _, chunks = await stream(client, path, best_of=3, n=2, use_beam_search=True)

    assert said(chunks) == ["0", "1"]
    assert sequences.requests == [{"n": 3, "use_beam_search": True}]


async def test_beams_without_a_stream_are_the_engines_own(client: Client, sequences: Sequences) -> None:
    await ask(client, CHAT, n=2, best_of=2, use_beam_search=True)

    assert sequences.requests == [{"n": 2, "use_beam_search": True}]


@pytest.mark.parametrize("request_", [{"best_of": 1}, {"best_of": None}, {"use_beam_search": None}])
async def test_a_field_that_asks_for_nothing_is_dropped(
    client: Client, sequences: Sequences, request_: dict[str, Any]
) -> None:
    await ask(client, CHAT, **request_)

    assert sequences.requests == [{}]


@pytest.mark.parametrize("told", [{"temperature": 0}, {}, {"temperature": None}])
async def test_one_greedy_sequence_is_enough(client: Client, sequences: Sequences, told: dict[str, Any]) -> None:
    sequences.temperature = 0

    response = await ask(client, COMPLETIONS, best_of=3, **told)

    assert [choice["text"] for choice in response["choices"]] == ["0"]
    assert sequences.requests[-1] == {"temperature": 0}


async def test_greedy_sequences_are_all_the_same(client: Client, sequences: Sequences) -> None:
    sequences.temperature = 0

    response = await ask(client, CHAT, best_of=3, n=2)

    assert [choice["message"]["content"] for choice in response["choices"]] == ["0", "0"]


# guided_*


async def test_guided_fields_become_structured_outputs(client: Client, sequences: Sequences) -> None:
    await ask(client, CHAT, guided_choice=["a", "b"], model="m")

    assert sequences.requests == [{"model": "m", "structured_outputs": {"choice": ["a", "b"]}}]


async def test_guided_fields_and_best_of_go_together(client: Client, sequences: Sequences) -> None:
    await ask(client, CHAT, guided_regex="a", best_of=2)

    assert sequences.requests == [{"structured_outputs": {"regex": "a"}, "n": 2, "logprobs": True}]


async def test_a_backend_is_ignored_with_one_warning(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    emulation._say_that_the_backend_is_fixed.cache_clear()
    with caplog.at_level(logging.WARNING, "dragoman"):
        await ask(client, CHAT, guided_decoding_backend="outlines")
        await ask(client, COMPLETIONS, guided_decoding_backend="outlines")

    assert [record.message for record in caplog.records] == [
        "guided_decoding_backend is ignored: vLLM no longer takes a backend for each request."
    ]


# Both ways


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        ({"best_of": 1, "n": 2}, "best_of"),
        ({"best_of": "many"}, "best_of"),
        ({"guided_choice": "a"}, "guided_choice"),
        ({"guided_choice": ["a"], "use_beam_search": True}, "guided_choice"),
    ],
)
async def test_a_mistake_is_answered_in_the_engines_form(client: Client, request_: dict[str, Any], param: str) -> None:
    status, answer = await client.post(CHAT, request_)

    error = orjson.loads(answer)["error"]
    assert (status, error["type"], error["param"], error["code"]) == (400, "BadRequestError", param, 400)
    assert param in error["message"]


@pytest.mark.parametrize("request_", FIELDS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_an_error_of_the_engine_passes_as_it_is(request_: dict[str, Any], streamed: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"busy", 429, {"retry-after": "7"}, media_type="text/plain")(scope, receive, send)

    body = orjson.dumps({**request_, "stream": streamed})
    async with emulation_of(app).stream("POST", CHAT, body=body) as response:
        assert (response.status, await response.read()) == (429, b"busy")
        assert dict(response.headers).items() >= {b"retry-after": b"7", b"content-length": b"4"}.items()


@pytest.mark.parametrize("request_", FIELDS)
async def test_headers_and_query_reach_the_engine(request_: dict[str, Any]) -> None:
    engine = FakeEngine({CHAT: (404, "no model")})
    headers: list[Header] = [(b"authorization", b"Bearer k"), (b"content-length", b"9999")]
    async with emulation_of(engine.app).stream(
        "POST", CHAT, query=b"a=b", headers=headers, body=orjson.dumps(request_)
    ) as response:
        await response.read()

    ((request, body),) = engine.seen
    assert (request.headers["authorization"], request.url.query) == ("Bearer k", "a=b")
    assert request.headers.getlist("content-length") in ([], [str(len(body))])
    assert len(request.headers.getlist("host")) == 1


async def test_an_answer_that_is_read_here_is_not_compressed(sequences: Sequences) -> None:
    headers: list[Header] = [(b"accept-encoding", b"gzip")]
    async with emulation_of(sequences).stream("POST", CHAT, headers=headers, body=b'{"best_of": 2}') as response:
        await response.read()

    assert "accept-encoding" not in sequences.headers


@pytest.mark.parametrize("streamed", [False, True])
async def test_headers_of_the_engine_reach_the_client(client: Client, streamed: bool) -> None:
    body = orjson.dumps({"best_of": 2, "stream": streamed})
    async with client.stream("POST", CHAT, body=body) as response:
        length = len(await response.read())
        headers = [(name, value) for name, value in response.headers if name in (b"x-request-id", b"content-length")]

    assert headers == [(b"x-request-id", b"r")] + ([] if streamed else [(b"content-length", str(length).encode())])


@pytest.mark.parametrize("request_", FIELDS)
async def test_values_reach_the_engine_as_they_are(request_: dict[str, Any]) -> None:
    values = '"a": NaN, "b": 123456789012345678901234567890, "c": "\\ud800", "d": 0.1, "e": "é"'
    engine = FakeEngine({CHAT: (404, "no model")})
    body = ("{" + values + ", " + json.dumps(request_)[1:]).encode()

    async with emulation_of(engine.app).stream("POST", CHAT, body=body) as response:
        await response.read()

    passed = json.loads(engine.seen[0][1])
    assert [repr(passed[name]) for name in "abcde"] == [
        "nan",
        "123456789012345678901234567890",
        "'\\ud800'",
        "0.1",
        "'é'",
    ]


@pytest.mark.parametrize(
    "request_", [{**fields, "stream": streamed} for fields in FIELDS for streamed in (False, True)]
)
async def test_a_client_that_leaves_is_seen_by_the_engine(request_: dict[str, Any]) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        asked.set()
        assert await receive() == {"type": "http.disconnect"}
        left.set()

    call = asyncio.create_task(emulation_of(app).post(CHAT, request_))
    await asked.wait()
    call.cancel()
    await asyncio.wait([call])
    assert left.is_set()


async def test_an_engine_that_emulates_is_otherwise_the_same() -> None:
    engine = FakeEngine({CHAT: (200, "fine")}, frozenset({"generate"}))
    same = emulating(engine)
    engine.well = False

    assert (same.tasks, same.healthy()) == (frozenset({"generate"}), False)
    with pytest.raises(NotImplementedError):
        await same.death()
    assert await Client(same.app).post(CHAT, {"best_of": 1}) == (200, b"fine")
