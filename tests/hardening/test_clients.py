"""What a client of the chaos takes for a complete answer."""

import json

import pytest

from hardening.chaos.clients import judged, judged_stream, refused
from hardening.chaos.ledger import End
from hardening.engine import CHAT, Question

pytestmark = pytest.mark.anyio

ASKED = {"messages": [{"role": "user", "content": "Hi."}], "max_tokens": 3}


def question(**more: object) -> Question:
    return Question.read(CHAT, json.dumps(ASKED | more).encode())


async def stream() -> bytes:
    asked = question(stream=True, stream_options={"include_usage": True})
    return b"".join([event async for event in asked.events(0)])


def test_a_whole_answer() -> None:
    assert judged(json.dumps(question().whole()).encode(), 3) == (End.COMPLETE, "")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"choices": []}', b"[1]", json.dumps(question().whole()).encode()[:-9]]
)
def test_half_a_whole_answer(content: bytes) -> None:
    assert judged(content, 3)[0] is End.HALF


def test_an_answer_that_is_too_short() -> None:
    assert judged(json.dumps(question().whole()).encode(), 4)[0] is End.HALF


async def test_a_stream() -> None:
    assert judged_stream(await stream(), 3) == (End.COMPLETE, "")


@pytest.mark.parametrize("events", [0, 1, 2, 3, 4])
async def test_a_stream_that_ends_too_early(events: int) -> None:
    content = b"\n\n".join((await stream()).split(b"\n\n")[:events])
    assert judged_stream(content, 3)[0] is End.HALF


async def test_a_stream_that_says_what_went_wrong() -> None:
    broken = (await stream()).split(b"\n\n")[0] + b'\n\ndata: {"error": {"message": "it broke"}}\n\n'
    assert judged_stream(broken, 3) == (End.TOLD, "")


def test_a_refusal_has_a_body() -> None:
    assert refused(503, b'{"error": {}}') == (End.REFUSED, "503")
    assert refused(503, b"no")[0] is End.HALF
