import json
from collections.abc import Mapping, Sequence

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.cluster.affinity import HEAD, LARGEST, conversation
from tests.generated import objects

Header = tuple[bytes, bytes]
Message = dict[str, object]

FIELDS = ("messages", "prompt", "inputs", "input", "openai_input", "body", "prompt_cache_key", "token_ids")
LONG = "Once upon a time there was a king. " * 20
SYSTEM = {"role": "system", "content": "You are a helpful assistant."}


def key(content: object, headers: Sequence[Header] = ()) -> bytes | None:
    return conversation(headers, orjson.dumps(content))


def user(content: object) -> Message:
    return {"role": "user", "content": content}


def assistant(content: object) -> Message:
    return {"role": "assistant", "content": content}


def piece(text: str, **more: object) -> Message:
    return {"type": "text", "text": text, **more}


def image(url: str) -> Message:
    return {"type": "image_url", "image_url": {"url": url}}


MARK = {"cache_control": {"type": "ephemeral"}}
TURNS: Mapping[str, tuple[object, object]] = {
    "OpenAI's chat": (
        {"model": "m", "messages": [SYSTEM, user("Why is the sky blue?")]},
        {"messages": [SYSTEM, user("Why is the sky blue?"), assistant("Rayleigh."), user("Who?")], "stream": True},
    ),
    "a chat without a system prompt": (
        {"messages": [user("Hello")]},
        {"messages": [user("Hello"), assistant("Hi"), user("How are you?")]},
    ),
    "a chat of which no user is known": (
        {"messages": [assistant("Welcome")]},
        {"messages": [assistant("Welcome"), assistant("Are you there?")]},
    ),
    "a picture": (
        {"messages": [user([image("data:1"), piece("What is it?")])]},
        {"messages": [user([image("data:1"), piece("What is it?")]), assistant("A cat"), user("Sure?")]},
    ),
    "a text that becomes a list of one": (
        {"messages": [user("Hello")]},
        {"messages": [user([piece("Hello")]), assistant("Hi"), user("Bye")]},
    ),
    "Anthropic's marks, which move on": (
        {"system": "Be brief", "messages": [user([piece("Hello", **MARK)])]},
        {"system": "Be brief", "messages": [user("Hello"), assistant("Hi"), user([piece("Bye", **MARK)])]},
    ),
    "OpenAI's responses": (
        {"input": [user("Hello")]},
        {"input": [user("Hello"), {"type": "function_call_output", "call_id": "1", "output": "x"}, user("And?")]},
    ),
    "fields in another order": (
        {"messages": [{"role": "user", "content": "Hello", "name": "me"}]},
        {"messages": [{"name": "me", "content": "Hello", "role": "user"}, assistant("Hi"), user("Bye")]},
    ),
    "a prompt that grows": ({"prompt": LONG}, {"prompt": LONG + "He had a daughter.", "max_tokens": 1}),
    "a prompt of tokens": ({"prompt": list(range(HEAD))}, {"prompt": list(range(2 * HEAD))}),
    "a list of prompts": ({"prompt": [LONG]}, {"prompt": [LONG + "He died."]}),
    "a list of lists of tokens": ({"prompt": [list(range(HEAD))]}, {"prompt": [list(range(HEAD + 9)), [1]]}),
    "tokens in and out": ({"token_ids": list(range(HEAD))}, {"token_ids": list(range(HEAD + 1))}),
    "LMI's inputs": ({"inputs": LONG, "parameters": {}}, {"inputs": LONG + "He died."}),
    "a batch of LMI's": ({"inputs": [LONG]}, {"inputs": [LONG + "He died."]}),
    "RunPod's messages": (
        {"input": {"messages": [user("Hello")]}},
        {"id": "job", "input": {"messages": [user("Hello"), assistant("Hi"), user("Bye")]}},
    ),
    "RunPod's prompt": ({"input": {"prompt": LONG}}, {"input": {"prompt": LONG + "He died."}}),
    "OpenAI's chat in RunPod's job": (
        {"input": {"openai_route": "/v1/chat/completions", "openai_input": {"messages": [user("Hello")]}}},
        {"input": {"openai_route": "/v1/chat/completions", "openai_input": {"messages": [user("Hello"), user("B")]}}},
    ),
    "a route in RunPod's job": (
        {"input": {"route": "/v1/chat/completions", "body": {"messages": [user("Hello")]}}},
        {"input": {"route": "/v1/chat/completions", "body": {"messages": [user("Hello"), assistant("Hi")]}}},
    ),
    "OpenAI's name for it": (
        {"prompt_cache_key": "c1", "messages": [user("Hello")]},
        {"prompt_cache_key": "c1", "messages": [user("Something else")]},
    ),
}


@pytest.mark.parametrize(("first", "later"), TURNS.values(), ids=TURNS)
def test_the_turns_of_a_conversation_share_a_key(first: object, later: object) -> None:
    assert key(first) == key(later) is not None


OTHERS: Mapping[str, tuple[object, object]] = {
    "users of one system prompt": ({"messages": [SYSTEM, user("a")]}, {"messages": [SYSTEM, user("b")]}),
    "system prompts": (
        {"messages": [SYSTEM, user("a")]},
        {"messages": [{"role": "system", "content": "Be brief"}, user("a")]},
    ),
    "pictures with one question": (
        {"messages": [user([image("data:1"), piece("What is it?")])]},
        {"messages": [user([image("data:2"), piece("What is it?")])]},
    ),
    "results of tools": (
        {"input": [{"type": "function_call_output", "call_id": "1", "output": "x"}]},
        {"input": [{"type": "function_call_output", "call_id": "2", "output": "x"}]},
    ),
    "prompts": ({"prompt": "a" + LONG}, {"prompt": "b" + LONG}),
    "tokens": ({"prompt": [1, 2]}, {"prompt": [1, 3]}),
    "jobs": ({"input": {"prompt": "a"}}, {"input": {"prompt": "b"}}),
    "names": ({"prompt_cache_key": "a", "prompt": "x"}, {"prompt_cache_key": "b", "prompt": "x"}),
}


@pytest.mark.parametrize(("one", "other"), OTHERS.values(), ids=OTHERS)
def test_different_conversations_have_different_keys(one: object, other: object) -> None:
    assert key(one) is not None
    assert key(one) != key(other)


def test_the_header_is_stronger_than_the_body() -> None:
    headers = [(b"accept", b"*/*"), (b"x-session-id", b"\xffanything")]
    assert conversation(headers, b"") == b"\xffanything"
    assert key({"prompt_cache_key": "c1"}, headers) == b"\xffanything"
    assert key({"prompt_cache_key": "c1"}, [(b"x-session-id", b"")]) == b"c1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"[]",
        b"null",
        b"[1, 2]",
        b"{",
        b'{"prompt": "\xff"}',
        b'{"prompt": "\\ud800"}',
        b'{"prompt": 1e999}',
        b"{}",
        b'{"messages": []}',
        b'{"messages": "text"}',
        b'{"prompt": ""}',
        b'{"prompt": 7}',
        b'{"prompt": {"a": 1}}',
        b'{"input": 7}',
        b'{"input": {"input": {"input": {}}}}',
        b'{"prompt_cache_key": 7}',
        b'{"model": "m", "query": "q", "documents": ["d"]}',
        b"a,b\n1,2\n",
        b'--boundary\r\nContent-Disposition: form-data; name="file"\r\n\r\n{"prompt": "a"}',
    ],
)
def test_what_belongs_to_no_conversation(body: bytes) -> None:
    assert conversation([], body) is None


def test_a_body_that_is_huge_is_not_looked_into() -> None:
    body = orjson.dumps({"prompt": "a" * LARGEST})
    assert conversation([], body) is None
    assert conversation([], orjson.dumps({"prompt": "a" * (LARGEST - 100)})) is not None


@pytest.mark.parametrize("depth", [100, 253, 254, 300, 1022, 1100, 100_000])
def test_any_depth_is_borne(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    found = conversation([], b'{"messages": [{"role": "user", "content": %s}]}' % nested)
    assert (found is not None) == (depth < 250)


@pytest.mark.parametrize("depth", [2, 900, 1022])
def test_lists_in_lists_are_borne(depth: int) -> None:
    assert conversation([], b'{"prompt": %s"a"%s}' % (b"[" * depth, b"]" * depth)) == key({"prompt": "a"})


def test_wrappers_in_wrappers_are_borne() -> None:
    assert conversation([], b'{"input":' * 900 + b'{"prompt":"a"}' + b"}" * 900) == key({"prompt": "a"})


@given(st.binary())
def test_any_bytes_are_borne(body: bytes) -> None:
    conversation([], body)


@given(objects(*FIELDS))
def test_any_json_is_borne(content: dict[str, object]) -> None:
    # Python's own writer also writes what JSON cannot hold, such as NaN and halves of characters.
    conversation([], json.dumps(content).encode())


SAID = st.text() | st.lists(st.builds(piece, st.text()) | st.builds(image, st.text()), max_size=3) | st.none()
MESSAGES = st.builds(
    lambda role, content: {"role": role, "content": content},
    st.sampled_from(["system", "developer", "assistant", "tool"]),
    SAID,
)


@given(opening=st.lists(MESSAGES), said=SAID, later=st.lists(MESSAGES | st.builds(user, SAID)))
def test_every_later_turn_has_the_key_of_the_first(opening: list[Message], said: object, later: list[Message]) -> None:
    first = [*opening, user(said)]
    assert key({"messages": first}) == key({"messages": first + later}) is not None
