"""What holds in both eras."""

from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.platforms.lmi.generation.generated import looked_up
from dragoman.platforms.lmi.generation.request import Wire
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.responses import shape_of
from tests.platforms.lmi.generation.completions import (
    DONE,
    NEWEST,
    PROMPT,
    ROLLING,
    TOKENS,
    Spoken,
    choice,
    completion,
    event,
    lines,
    request,
    texts,
)
from tests.platforms.lmi.generation.recorded import (
    ENDED,
    HELD_STREAM,
    HELD_STREAM_ENDED,
    NUMBERED,
    PREFILL,
    STOPPED,
    STOPPED_STREAM,
)

Json = dict[str, Any]

both_eras = pytest.mark.parametrize("options", [ROLLING, NEWEST], ids=["rolling", "newest"])


@both_eras
def test_a_batch_is_a_list_in_the_order_of_the_prompts(options: Options) -> None:
    answer = completion(*(choice(TOKENS[: n + 1], end="length", index=n) for n in (2, 0, 1)))
    shape = shape_of(request(batched=True, prompts=("a", "b", "c")), options, {})
    assert [each["generated_text"] for each in orjson.loads(shape.whole(answer))] == ["He", "Hello", "Hello world"]


@both_eras
def test_a_batch_of_one_is_a_list(options: Options) -> None:
    answer = completion(choice(TOKENS, end="length"))
    said = orjson.loads(shape_of(request(batched=True), options, {}).whole(answer))
    assert said == [{"generated_text": "Hello world"}]


@both_eras
def test_each_prompt_of_a_batch_has_its_sequences(options: Options) -> None:
    said = ["a0", "a1", "a2", "b0", "b1", "b2"]
    answer = completion(*(choice([(n, text, -1.0)], end="length", index=n) for n, text in enumerate(said)))
    how = request(batched=True, prompts=("a", "b"), sequences=3, details=True)
    results = orjson.loads(shape_of(how, options, {}).whole(answer))
    assert [each["generated_text"] for each in results] == ["a0", "b0"]
    others = [[other["generated_text"] for other in each["details"]["best_of_sequences"]] for each in results]
    assert others == [["a1", "a2"], ["b1", "b2"]]


@both_eras
def test_the_engines_own_answers_are_read(options: Options) -> None:
    ended = orjson.loads(shape_of(request(details=True), options, {}).whole(ENDED))
    assert texts({"token": token} for token in ended["details"]["tokens"]) == ["How", " ", "can", " ", "I", "?", ""]
    assert (ended["details"]["finish_reason"], ended["details"]["generated_tokens"]) == ("eos_token", 7)


@both_eras
def test_tokens_after_a_stop_string_have_no_text(options: Options) -> None:
    stopped = orjson.loads(shape_of(request(details=True), options, {}).whole(STOPPED))
    assert stopped["generated_text"] == "Hel"
    assert stopped["details"]["finish_reason"] == "stop_sequence"
    assert stopped["details"]["generated_tokens"] == 3
    assert texts({"token": token} for token in stopped["details"]["tokens"]) == ["Hel", "", ""]


@both_eras
@pytest.mark.parametrize(
    ("stop", "events", "told"),
    [
        ("lo! ", STOPPED_STREAM, ["Hel", "", ""]),
        ("zzzzz", HELD_STREAM, ["Hello", "!", " "]),
        ("zzzzz", HELD_STREAM_ENDED, ["How", "?", ""]),
    ],
)
def test_text_that_the_engine_held_back_comes_with_its_tokens(
    options: Options, stop: str, events: list[bytes], told: list[str]
) -> None:
    said = lines(shape_of(request(wire=Wire.LINES, body={"stop": [stop]}), options, {}), events)
    assert texts(said) == told
    assert said[-1]["generated_text"] == "".join(told)


@both_eras
def test_each_of_several_tokens_in_an_event_has_its_line(options: Options) -> None:
    alone = [*(event(choice([token])) for token in TOKENS[:2]), event(choice(TOKENS[2:], end="length"))]
    together = [event(choice(TOKENS, end="length"))]
    how = request(wire=Wire.LINES, details=True)
    assert lines(shape_of(how, options, {}), together) == lines(shape_of(how, options, {}), alone)


@both_eras
def test_events_without_choices_are_not_heard(options: Options) -> None:
    shape = shape_of(request(wire=Wire.LINES), options, {})
    assert [shape.piece(each) for each in (event(), b": ping\n\n", DONE)] == [b"", b"", b""]
    assert shape.end() == b""


def test_without_details_nothing_is_asked_of_the_vocabulary() -> None:
    assert list(looked_up(request(details=True), NUMBERED)) == []


def test_numbers_and_the_prompts_first_token_are_to_be_looked_up() -> None:
    numbers = looked_up(request(details=True, top_tokens=2), NUMBERED)
    assert set(numbers) == {554, 923, 979, 3, 359}
    assert list(looked_up(request(details=True, prefill=True), PREFILL)) == [49]
    assert list(looked_up(request(top_tokens=2), {"object": "error"})) == []


spoken = st.lists(st.tuples(st.integers(0, 99), st.text("abé 😺\n", min_size=1, max_size=4), st.just(-0.5)), min_size=1)


def cut(tokens: list[Spoken], cuts: set[int], end: str, by: str | None) -> list[bytes]:
    places = sorted({0, len(tokens)} | {place for place in cuts if place < len(tokens)})
    groups = [tokens[start:stop] for start, stop in pairwise(places)]
    events = [event(choice(group)) for group in groups[:-1]]
    return [*events, event(choice(groups[-1], end=end, by=by)), event(), DONE]


@both_eras
@settings(deadline=None)
@given(
    tokens=spoken,
    cuts=st.sets(st.integers(1, 20)),
    end=st.sampled_from([("length", None), ("stop", "x"), ("stop", 7)]),
    held_back=st.booleans(),
)
def test_any_grouping_of_tokens_into_events_gives_the_same_lines(
    options: Options, tokens: list[Spoken], cuts: set[int], end: tuple[str, Any], held_back: bool
) -> None:
    how = request(wire=Wire.LINES, details=True, full_text=True, body={"stop": ["x"] if held_back else None})
    said = lines(shape_of(how, options, {}), cut(tokens, cuts, *end))
    assert said == lines(shape_of(how, options, {}), cut(tokens, set(), *end))
    assert PROMPT + "".join(texts(said)) == said[-1]["generated_text"]
    assert said[-1]["details"]["generated_tokens"] == len(said) == len(tokens)


@both_eras
@settings(deadline=None)
@given(said=st.lists(st.tuples(spoken, st.text(max_size=12)), min_size=1), held_back=st.booleans())
def test_no_text_of_the_engine_is_lost_whatever_its_tokens_say(
    options: Options, said: list[tuple[list[Spoken], str]], held_back: bool
) -> None:
    events = [event(choice(tokens, text)) for tokens, text in said]
    shape = shape_of(request(wire=Wire.LINES, body={"stop": "x" if held_back else None}), options, {})
    told = lines(shape, [*events, event(choice(end="length"))])
    whole = "".join(text for _, text in said)
    assert "".join(texts(told)) == told[-1]["generated_text"] == whole
