import orjson
import pytest

from dragoman.gateway import openai_answers
from dragoman.gateway.openai_answers import DONE, Stream
from dragoman.gateway.openai_errors import OpenAIError

CHAT = {"object": "chat.completion", "choices": []}
CHUNK = {"object": "chat.completion.chunk", "choices": []}
EVENT = f"data: {orjson.dumps(CHUNK).decode()}\n\n"
FAILURE = OpenAIError.of(500, "it broke")
TOLD = f"data: {FAILURE.body.decode()}\n\n"


def item(*parts: object) -> bytes:
    """What a worker yields: one thing, or a list."""
    return orjson.dumps(parts[0] if len(parts) == 1 else parts)


@pytest.mark.parametrize("output", [None, b"", b"[]", b"null"])
def test_an_output_that_says_nothing(output: bytes | None) -> None:
    assert openai_answers.is_nothing(output)


@pytest.mark.parametrize("output", [b"[null]", b"{}", b'""', b"0"])
def test_an_output_that_says_something(output: bytes) -> None:
    assert not openai_answers.is_nothing(output)


@pytest.mark.parametrize(
    ("output", "media_type", "body"),
    [
        ([CHAT], "application/json", orjson.dumps(CHAT)),
        (CHAT, "application/json", orjson.dumps(CHAT)),
        ([[1, 2]], "application/json", b"[1,2]"),
        ([orjson.dumps(CHAT).decode()], "application/json", orjson.dumps(CHAT)),
        (["WEBVTT"], "text/plain", b"WEBVTT"),
        ("5", "text/plain", b"5"),
        (["déjà"], "text/plain", "déjà".encode()),
        ([True], "application/json", b"true"),
    ],
)
def test_a_whole_answer(output: object, media_type: str, body: bytes) -> None:
    response = openai_answers.whole(orjson.dumps(output), {"x-request-id": "1"})
    assert (response.status_code, response.media_type, response.body) == (200, media_type, body)
    assert response.headers["x-request-id"] == "1"


@pytest.mark.parametrize(
    ("output", "status"),
    [
        ([], 500),
        ([None], 500),
        ([{"object": "error", "message": "x", "code": 400}], 400),
        ([{"error": {"message": "x", "code": "404"}}], 404),
        ({"error": {"message": "x"}}, 500),
        (['{"error": {"message": "x", "code": 422}}'], 422),
    ],
)
def test_a_whole_answer_that_is_an_error(output: object, status: int) -> None:
    response = openai_answers.whole(orjson.dumps(output), {"x-request-id": "1"})
    assert (response.status_code, response.headers["x-request-id"]) == (status, "1")
    assert set(orjson.loads(response.body)["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (item({"object": "error", "message": "x", "code": 400}), 400),
        (orjson.dumps([{"error": {"message": "x", "code": 404}}]), 404),
        (item('data: {"error": {"message": "x", "code": 422}}\n\ndata: [DONE]\n\n'), 422),
        (item('event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}\n\n'), 529),
    ],
)
def test_a_stream_that_begins_with_an_error(first: bytes, status: int) -> None:
    refusal = openai_answers.refusal(first)
    assert refusal is not None
    assert refusal.status == status


@pytest.mark.parametrize(
    "first",
    [
        item(CHUNK),
        orjson.dumps([CHUNK]),
        item(EVENT),
        item(EVENT + TOLD),
        item("data: {"),
        item(": keep-alive\n\n"),
        item("text"),
        b"[]",
        b"null",
    ],
)
def test_a_stream_that_begins(first: bytes) -> None:
    assert openai_answers.refusal(first) is None


@pytest.mark.parametrize(
    ("items", "error", "body"),
    [
        pytest.param([item(EVENT), item("data: [DO"), item("NE]\n\n")], None, EVENT.encode() + DONE, id="raw"),
        pytest.param([item("not even an event")], None, b"not even an event", id="raw text"),
        pytest.param([item("\u00e9 \U0001f600")], None, "é 😀".encode(), id="raw text beyond ASCII"),
        pytest.param([item(EVENT, EVENT)], None, EVENT.encode() * 2, id="a list of texts"),
        pytest.param([item(CHUNK)], None, EVENT.encode() + DONE, id="an object"),
        pytest.param(
            [item(CHUNK, CHUNK), orjson.dumps([CHUNK])], None, EVENT.encode() * 3 + DONE, id="lists of objects"
        ),
        pytest.param(
            [item(CHUNK), item(DONE.decode())], None, EVENT.encode() + DONE, id="objects and their end as text"
        ),
        pytest.param([item(EVENT)], FAILURE, (EVENT + TOLD).encode(), id="raw, failed in silence"),
        pytest.param([item("data: {")], FAILURE, f"data: {{\n\n{TOLD}".encode(), id="raw, failed amid an event"),
        pytest.param([item(EVENT), item(TOLD)], FAILURE, (EVENT + TOLD).encode(), id="raw, failed and said so"),
        pytest.param([item(TOLD[:20]), item(TOLD[20:])], FAILURE, TOLD.encode(), id="raw, said so in two pieces"),
        pytest.param([item(EVENT + DONE.decode())], FAILURE, EVENT.encode() + DONE, id="raw, failed after the end"),
        pytest.param([item(CHUNK)], FAILURE, (EVENT + TOLD).encode() + DONE, id="objects, failed in silence"),
        pytest.param(
            [item(CHUNK), orjson.dumps([orjson.loads(FAILURE.body)])],
            FAILURE,
            (EVENT + TOLD).encode() + DONE,
            id="objects, failed and said so",
        ),
    ],
)
def test_the_events_of_a_stream(items: list[bytes], error: OpenAIError | None, body: bytes) -> None:
    stream = Stream(named=False)
    assert b"".join([*map(stream.add, items), stream.end(error)]) == body


def test_events_with_names() -> None:
    stream = Stream(named=True)
    assert stream.add(item({"type": "message_stop"})) == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    assert stream.end(FAILURE) == b"event: error\n" + TOLD.encode() + DONE
