from typing import Any

import orjson
import pytest

from dragoman.engine.chunks import StreamOptions, events

CALL = {"id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "prompt_tokens_details": None}
TOLD = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
LOGPROBS = {"tokens": ["a"]}


def completion(*texts: str, **details: object) -> dict[str, Any]:
    choices = [
        {"index": i, "text": text, "logprobs": None, "finish_reason": "stop", "stop_reason": 2, **details}
        for i, text in enumerate(texts)
    ]
    named = {"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m"}
    return {**named, "choices": choices, "usage": USAGE, "system_fingerprint": None}


def chat(*messages: dict[str, Any], **details: object) -> dict[str, Any]:
    choices = [
        {"index": i, "message": {"role": "assistant", **message}, "logprobs": None, "finish_reason": "length"}
        for i, message in enumerate(messages)
    ]
    named = {"id": "chatcmpl-1", "object": "chat.completion", "created": 5, "model": "m"}
    return {**named, "choices": choices, "usage": USAGE, **details}


def chunks(response: dict[str, Any], **options: bool) -> list[dict[str, Any]]:
    *data, done = events(response, StreamOptions(**options))
    assert done == b"data: [DONE]\n\n"
    assert all(event.startswith(b"data: ") and event.endswith(b"\n\n") for event in data)
    return [orjson.loads(event.removeprefix(b"data: ")) for event in data]


def deltas(response: dict[str, Any]) -> list[tuple[int, dict[str, Any], str | None]]:
    choices = [chunk["choices"][0] for chunk in chunks(response)]
    return [(choice["index"], choice["delta"], choice["finish_reason"]) for choice in choices]


def test_a_completion_is_its_text_and_its_end() -> None:
    frame = {"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m"}
    assert chunks(completion("hi")) == [
        {**frame, "choices": [{"index": 0, "text": "hi", "logprobs": None, "finish_reason": None}]},
        {
            **frame,
            "choices": [{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop", "stop_reason": 2}],
        },
    ]


def test_a_chat_completion_is_its_role_its_content_and_its_end() -> None:
    assert deltas(chat({"content": "hi"})) == [
        (0, {"role": "assistant", "content": ""}, None),
        (0, {"content": "hi"}, None),
        (0, {}, "length"),
    ]


def test_a_chat_stream_is_named_as_one() -> None:
    named = {
        (chunk["id"], chunk["object"], chunk["created"], chunk["model"]) for chunk in chunks(chat({"content": ""}))
    }
    assert named == {("chatcmpl-1", "chat.completion.chunk", 5, "m")}


def test_all_roles_come_first_then_each_choice() -> None:
    assert [index for index, _, _ in deltas(chat({"content": "a"}, {"content": "b"}))] == [0, 1, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("message", "delta"),
    [
        ({"content": None, "reasoning": "hm"}, {"reasoning": "hm"}),
        ({"content": "a", "refusal": None, "tool_calls": []}, {"content": "a"}),
        ({"content": None, "tool_calls": [CALL, CALL]}, {"tool_calls": [{"index": 0} | CALL, {"index": 1} | CALL]}),
    ],
)
def test_a_message_becomes_one_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    assert deltas(chat(message))[1][1] == delta


def test_details_of_a_choice_come_with_its_text() -> None:
    first, last = chunks(completion("a", logprobs=LOGPROBS, token_ids=[1], prompt_token_ids=[0]))

    assert first["choices"][0].items() >= {"token_ids": [1], "prompt_token_ids": [0], "logprobs": LOGPROBS}.items()
    assert last["choices"][0].keys() == {"index", "text", "logprobs", "finish_reason", "stop_reason"}


def test_details_of_a_chat_prompt_come_with_the_role() -> None:
    response = chat({"content": "a"}, prompt_token_ids=[0], prompt_text="p", system_fingerprint="f")

    told = [{"prompt_token_ids", "prompt_text", "system_fingerprint"} & chunk.keys() for chunk in chunks(response)]

    assert told == [
        {"prompt_token_ids", "prompt_text", "system_fingerprint"},
        {"system_fingerprint"},
        {"system_fingerprint"},
    ]


@pytest.mark.parametrize(
    ("options", "usages"),
    [
        ({}, [None, None]),
        ({"continuous_usage_stats": True}, [None, None]),
        ({"include_usage": True}, [None, None, TOLD]),
        ({"include_usage": True, "continuous_usage_stats": True}, [TOLD, TOLD, TOLD]),
    ],
)
def test_the_usage_is_told_as_often_as_asked(options: dict[str, bool], usages: list[dict[str, int] | None]) -> None:
    assert [chunk.get("usage") for chunk in chunks(completion("a"), **options)] == usages


def test_the_last_usage_has_no_choice() -> None:
    assert chunks(completion("a"), include_usage=True)[-1]["choices"] == []
