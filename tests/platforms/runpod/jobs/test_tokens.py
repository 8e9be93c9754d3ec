from typing import Any

import pytest

from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.tokens import Tokens, text_of
from tests.platforms.runpod.jobs.scripted import DONE, event


def chunk(index: int, text: str, tokens: int) -> bytes:
    """A completion's chunk, with the tokens of its choice so far."""
    usage = {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens}
    return event({"choices": [{"index": index, "text": text}], "usage": usage})


def last(tokens: int) -> bytes:
    return event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": tokens}})


def fed(shape: Tokens, *events: bytes) -> tuple[list[Any], list[int]]:
    parts = [part for each in events for part in shape.parts(each)]
    return [part for part, _ in parts], [tokens for _, tokens in parts]


def test_texts_come_for_each_sequence_with_the_tokens_of_all() -> None:
    shape = Tokens(3)
    parts, counts = fed(shape, chunk(0, "a", 1), chunk(1, "x", 1), chunk(0, "b", 2))
    assert counts == [1, 1, 1]
    assert shape.item(parts) == {
        "choices": [{"tokens": ["a", "b"]}, {"tokens": ["x"]}, {"tokens": []}],
        "usage": {"input": 7, "output": 3},
    }


def test_usage_is_as_of_the_item_and_not_of_what_came_since() -> None:
    shape = Tokens(1)
    first, _ = fed(shape, chunk(0, "a", 1))
    second, _ = fed(shape, chunk(0, "b", 2))
    assert shape.item(first)["usage"] == {"input": 7, "output": 1}
    assert shape.item(second)["usage"] == {"input": 7, "output": 2}


def test_a_text_of_several_tokens_counts_as_many_and_an_empty_one_for_those_it_stands_for() -> None:
    parts, counts = fed(Tokens(1), chunk(0, "abc", 3), chunk(0, "", 4), chunk(0, "d", 4), chunk(0, "", 4))
    assert [part.text for part in parts] == ["abc", "", "d"]
    assert counts == [3, 1, 0]


def test_the_engines_total_is_the_last_word_where_it_counts_more() -> None:
    shape = Tokens(1)
    parts, counts = fed(shape, chunk(0, "a", 1), last(5), DONE)
    assert counts == [1, 4]
    assert shape.item(parts) == {"choices": [{"tokens": ["a"]}], "usage": {"input": 7, "output": 5}}


def test_the_engines_total_adds_nothing_where_it_is_known() -> None:
    parts, _ = fed(Tokens(2), chunk(0, "a", 1), chunk(1, "b", 1), last(2), DONE)
    assert len(parts) == 2


def test_without_usage_every_text_counts_one() -> None:
    shape = Tokens(1)
    chunks = [event({"choices": [{"index": 0, "text": text}]}) for text in ("a", "", "b")]
    parts, counts = fed(shape, *chunks)
    assert counts == [1, 1]
    assert shape.item(parts)["usage"] == {"input": 0, "output": 2}


def test_chats_say_reasoning_and_content_and_the_role_is_no_text() -> None:
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}, {"reasoning": "hm"}, {"content": "a"}]
    chunks = [event({"choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    parts, _ = fed(Tokens(1), *chunks)
    assert [part.text for part in parts] == ["hm", "a"]


def test_errors_and_comments_add_nothing() -> None:
    assert fed(Tokens(1), event({"error": {"message": "no"}}), b"retry: 1\n\n") == ([], [])


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"text": "a"}, "a"),
        ({"text": None}, ""),
        ({"message": {"content": "a", "reasoning": None}}, "a"),
        ({"message": {"content": "a", "reasoning": "r"}}, "ra"),
        ({"message": {"content": None, "reasoning_content": "r"}}, "r"),
        ({"delta": {}}, ""),
    ],
)
def test_text_of_a_choice(choice: dict[str, Any], text: str) -> None:
    assert text_of(choice) == text


def test_a_whole_answer_has_one_text_for_each_sequence() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 10, "total_tokens": 17}
    answer = {"choices": [{"index": 0, "text": "a"}, {"index": 1, "text": "b"}], "usage": usage}
    assert Tokens(2).whole(answer) == {
        "choices": [{"tokens": ["a"]}, {"tokens": ["b"]}],
        "usage": {"input": 7, "output": 10},
    }


def test_it_has_no_words_for_errors() -> None:
    assert Tokens(1).last_words(JobError("no")) is None  # type: ignore[func-returns-value]
