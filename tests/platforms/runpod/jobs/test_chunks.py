from typing import Any

from dragoman.platforms.runpod.jobs.chunks import Chunks
from dragoman.platforms.runpod.jobs.errors import JobError
from tests.platforms.runpod.jobs.scripted import DONE, event


def chunk(delta: dict[str, Any], index: int = 0, finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice]}


def batch(*chunks: dict[str, Any]) -> dict[str, Any]:
    shape = Chunks()
    return shape.item([part for each in chunks for part, _ in shape.parts(event(each))])


def test_the_texts_of_a_batch_come_in_a_list_in_the_last_chunk() -> None:
    assert batch(chunk({"content": "a"}), chunk({"content": "b"})) == chunk({"content": ["a", "b"]})


def test_the_role_and_the_reason_for_the_end_stay() -> None:
    merged = batch(
        chunk({"role": "assistant", "content": ""}), chunk({"content": "a"}), chunk({}, finish_reason="stop")
    )
    assert merged == chunk({"role": "assistant", "content": ["a"]}, finish_reason="stop")


def test_every_choice_keeps_its_own_texts() -> None:
    merged = batch(chunk({"content": "x"}, index=1), chunk({"content": "a"}), chunk({"content": "y"}, index=1))
    assert merged["choices"] == [*chunk({"content": ["a"]})["choices"], *chunk({"content": ["x", "y"]}, 1)["choices"]]


def test_reasoning_comes_in_a_list_of_its_own_and_tool_calls_in_one() -> None:
    call = {"index": 0, "function": {"name": "f"}}
    merged = batch(chunk({"reasoning": "r"}), chunk({"content": "a"}), chunk({"tool_calls": [call]}))
    assert merged == chunk({"reasoning": ["r"], "content": ["a"], "tool_calls": [call]})


def test_chunks_without_text_do_not_count() -> None:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, {"content": "a"}, {"reasoning": "r"}, {}]
    counts = [count for delta in deltas for _, count in Chunks().parts(event(chunk(delta)))]
    assert counts == [0, 1, 1, 0]


def test_errors_and_the_end_are_no_chunks() -> None:
    shape = Chunks()
    assert [*shape.parts(event({"error": {"message": "no"}})), *shape.parts(DONE), *shape.parts(b"retry: 1\n\n")] == []


def test_a_whole_answer_stays_as_it_is() -> None:
    assert Chunks().whole({"object": "chat.completion"}) == {"object": "chat.completion"}


def test_it_has_no_words_for_errors() -> None:
    assert Chunks().last_words(JobError("no")) is None  # type: ignore[func-returns-value]
