"""The engine without a model."""

import json

import pytest

from hardening.engine import CHAT, DONE, Question, RefusedError

pytestmark = pytest.mark.anyio


def body(**fields: object) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": "Hi."}], **fields}).encode()


def test_it_says_as_much_as_it_is_asked_for() -> None:
    answer = Question.read(CHAT, body(max_tokens=3, n=2)).whole()
    assert [choice["message"]["content"] for choice in answer["choices"]] == [" word word word"] * 2
    assert answer["usage"]["completion_tokens"] == 6


async def test_its_streams_end_as_vllms() -> None:
    asked = Question.read(CHAT, body(max_tokens=3, stream=True, stream_options={"include_usage": True}))
    *events, last = [event async for event in asked.events(0)]
    assert last == DONE
    assert json.loads(events[-1].removeprefix(b"data: "))["usage"]["completion_tokens"] == 3
    assert len(events) == 4


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"[" * 100_000, body(max_tokens=0), body(n=10**9), body(messages=[]), b"\xff"]
)
def test_what_is_malformed_is_refused(content: bytes) -> None:
    with pytest.raises(RefusedError):
        Question.read(CHAT, content)
