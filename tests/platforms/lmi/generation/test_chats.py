"""The rows for chats under rolling batch."""

import orjson
import pytest

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.chats import Chat
from dragoman.platforms.lmi.generation.request import Wire
from tests.platforms.lmi.generation.completions import DONE, lines, sse, streamed
from tests.platforms.lmi.generation.recorded import CHAT, CHAT_LOGPROBS, CHAT_STREAM

HEAD = {"id": "chatcmpl-98", "object": "chat.completion.chunk", "created": 1795282006}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def test_a_whole_chat_has_no_model_and_ends_in_lmis_words() -> None:
    assert orjson.loads(Chat(Wire.JSON).whole(CHAT)) == {
        "id": "chatcmpl-97",
        "object": "chat.completion",
        "created": 1795282006,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello!"},
                "logprobs": CHAT_LOGPROBS,
                "finish_reason": "eos_token",
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }


@pytest.mark.parametrize("content", [None, ""])
def test_tool_calls_stay_in_the_message(content: str | None) -> None:
    message = {"role": "assistant", "content": content, "tool_calls": [CALL], "reasoning": None}
    answer = CHAT | {"choices": [CHAT["choices"][0] | {"message": message, "finish_reason": "tool_calls"}]}
    (choice,) = orjson.loads(Chat(Wire.JSON).whole(answer))["choices"]
    assert choice["message"] == {"role": "assistant", "content": content, "tool_calls": [CALL]}
    assert choice["finish_reason"] == "tool_calls"


def test_a_stream_of_lines() -> None:
    deltas = [{"role": "assistant", "content": ""}, {"content": "Hello"}, {"content": "!"}, {"content": ""}]
    reasons = [None, None, None, "eos_token"]
    assert lines(Chat(Wire.LINES), CHAT_STREAM) == [
        HEAD | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}
        for delta, reason in zip(deltas, reasons, strict=True)
    ]


def test_a_stream_of_events_ends_as_openais_clients_expect() -> None:
    said = streamed(Chat(Wire.EVENTS), CHAT_STREAM)
    assert said.count(b"data: ") == len(CHAT_STREAM)
    assert said.endswith(b"}\n\n" + DONE)


def test_usage_is_told_where_the_engine_tells_it() -> None:
    usage = {"prompt_tokens": 9, "total_tokens": 11, "completion_tokens": 2, "prompt_tokens_details": None}
    head = {**HEAD, "model": "dragoman-mini", "choices": []}
    (line,) = lines(Chat(Wire.LINES), [sse(head | {"usage": usage})])
    told = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    assert line == HEAD | {"choices": [], "usage": told}


@pytest.mark.parametrize(
    ("wire", "told"),
    [(Wire.LINES, b'{"error":"No.","code":424}\n'), (Wire.EVENTS, b'data: {"error":"No.","code":424}\n\n')],
)
def test_a_stream_that_breaks_off_ends_with_the_error(wire: Wire, told: bytes) -> None:
    assert Chat(wire).failure(HandlerError("No.")) == told
