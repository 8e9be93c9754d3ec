from typing import Any

import orjson
import pytest

from dragoman.platforms.runpod.jobs.batches import Sizes
from dragoman.platforms.runpod.jobs.chunks import Chunks
from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.tokens import Tokens
from dragoman.platforms.runpod.requests import Form, Request
from dragoman.platforms.runpod.responses import Parsed, Raw, shape_of
from dragoman.settings.values import Value
from tests.platforms.runpod.jobs.scripted import options

CHAT = "/v1/chat/completions"
ERROR = JobError("No.", 404)


def all_parts(shape: Value, *events: bytes) -> list[Any]:
    return [part for event in events for part, _ in shape.parts(event)]


@pytest.mark.parametrize(
    ("form", "raw", "shape"),
    [(Form.OPENAI, True, Raw), (Form.OPENAI, False, Parsed), (Form.TOKENS, True, Tokens), (Form.CHUNKS, False, Chunks)],
)
def test_the_request_and_the_operator_choose_the_shape(form: Form, raw: bool, shape: type) -> None:
    request = Request(path=CHAT, body={"n": 1}, form=form, sizes=Sizes(1, 1, 1))
    assert isinstance(shape_of(request, options(raw_openai_output=raw)), shape)


def test_raw_events_come_as_they_are_and_count_one_each() -> None:
    events = [b': ping\r\n\r\nevent: a\r\ndata: {"x": 1}\r\n\r\n', 'data: "é"\n\n'.encode(), b"data: [DONE]\n\n"]
    shape = Raw(CHAT)
    assert [tokens for event in events for _, tokens in shape.parts(event)] == [1, 1, 1]
    assert shape.item(all_parts(shape, *events)) == b"".join(events).decode()


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert Raw(CHAT).item([b"data: \xff\n\n"]) == "data: \ufffd\n\n"


def test_parsed_events_come_as_a_list_of_what_they_say_without_done() -> None:
    shape = Parsed(CHAT)
    events = [b': ping\n\ndata: {"x": 1}\n\n', b"retry: 10\n\n", b"event: a\ndata: [2]\n\n", b"data: [DONE]\n\n"]
    assert shape.item(all_parts(shape, *events)) == [{"x": 1}, [2]]


@pytest.mark.parametrize("shape", [Raw(CHAT), Parsed(CHAT)])
def test_an_answer_that_is_no_stream_stays_as_it_is(shape: Value) -> None:
    assert shape.whole({"object": "list"}) == {"object": "list"}


def test_last_words_are_an_error_event_and_the_end() -> None:
    told = orjson.dumps({"error": ERROR.body}).decode()
    assert Raw(CHAT).last_words(ERROR) == f"data: {told}\n\ndata: [DONE]\n\n"
    assert Parsed(CHAT).last_words(ERROR) == [{"error": ERROR.body}]


def test_last_words_to_anthropics_clients_are_in_their_form() -> None:
    told = orjson.dumps({"type": "error", "error": ERROR.body}).decode()
    assert Raw("/v1/messages").last_words(ERROR) == f"event: error\ndata: {told}\n\n"
    assert Parsed("/v1/messages").last_words(ERROR) == [{"type": "error", "error": ERROR.body}]


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/responses/resp_1"])
def test_last_words_of_a_response_are_in_its_form(path: str) -> None:
    (told,) = Parsed(path).last_words(ERROR)
    assert told == {"type": "error", "code": "404", "message": "No.", "param": None, "error": ERROR.body}
    assert Raw(path).last_words(ERROR).startswith('event: error\ndata: {"type":"error"')
