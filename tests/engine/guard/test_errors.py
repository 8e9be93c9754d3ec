import json

import pytest
from starlette.types import Message

from dragoman.engine.guard.errors import Clipped, clipped
from dragoman.settings.values import Value

pytestmark = pytest.mark.anyio


def error(message: Value) -> bytes:
    return json.dumps(
        {"error": {"message": message, "type": "BadRequestError", "param": "regex", "code": 400}}
    ).encode()


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'{"error": "long"}', b'{"detail": "Not Found"}'),
        *(error(None), error("a" * 240), error("\u00e9" * 120)),
    ],
)
def test_what_is_no_long_error_stays(body: bytes) -> None:
    assert clipped(body) == body


@pytest.mark.parametrize("repeated", ["a" * 241, "\n" * 1000, "\u00e9" * 1000, "\U0001f600" * 1000, "\x01" * 1000])
def test_a_long_message_loses_its_middle(repeated: str) -> None:
    short = clipped(error(f"Grammar error: {repeated} unclosed group"))
    told = json.loads(short)["error"]
    assert len(short) < 400
    assert (told["type"], told["param"], told["code"]) == ("BadRequestError", "regex", 400)
    assert told["message"].startswith("Grammar error: ") or len(repeated) == 0
    assert " [...] " in told["message"]
    assert told["message"].endswith("group")


def test_anthropics_form_is_kept() -> None:
    body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "a" * 500}}).encode()
    told = json.loads(clipped(body))
    assert (told["type"], told["error"]["type"]) == ("error", "invalid_request_error")
    assert len(told["error"]["message"]) < 240


async def sent(*messages: Message) -> list[Message]:
    """What becomes of an application's messages."""
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    sending = Clipped(send)
    for message in messages:
        await sending(message)
    return told


async def test_an_error_in_pieces_gets_its_new_length() -> None:
    body = error("a" * 500)
    start = {"type": "http.response.start", "status": 400, "headers": [(b"Content-Length", b"1"), (b"x", b"y")]}
    first = {"type": "http.response.body", "body": body[:100], "more_body": True}
    head, rest = await sent(start, first, {"type": "http.response.body", "body": body[100:]})
    assert head["headers"] == [(b"x", b"y"), (b"content-length", str(len(clipped(body))).encode())]
    assert rest["body"] == clipped(body)


async def test_an_answer_passes_piece_by_piece() -> None:
    answer: list[Message] = [
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.body", "body": error("a" * 500), "more_body": True},
        {"type": "http.response.body", "body": b""},
    ]
    assert await sent(*answer) == answer
