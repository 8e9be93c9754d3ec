"""What a client makes of a stream whose bytes come in parts that end anywhere."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.request import Form, Request, Wire
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.responses import Shape, shape_of
from tests.sagemaker.streams import Events, Lines, read

Json = dict[str, Any]
READERS: dict[Wire, Callable[[], Lines | Events]] = {Wire.LINES: Lines, Wire.EVENTS: Events}


@dataclass(frozen=True)
class Case:
    """A way in which answers are given."""

    form: Form
    wire: Wire
    rolling_batch: str

    def __str__(self) -> str:
        return f"{self.form.name}-{self.wire.name}-{self.rolling_batch}"

    def shape(self) -> Shape:
        options = Options(
            model_name="mini", model_url="/model", served_model_name=("mini",), rolling_batch=self.rolling_batch
        )
        path = "/v1/chat/completions" if self.form is Form.CHAT else "/v1/completions"
        body = {"model": "mini", "stream": True}
        request = Request(path=path, body=body, form=self.form, wire=self.wire, prompts=("Hi",), details=True)
        return shape_of(request, options, {})

    def event(self, text: str, ends: bool) -> bytes:
        """A token, as vLLM streams it."""
        choice: Json = {"index": 0, "finish_reason": "length" if ends else None, "stop_reason": None}
        if self.form is Form.CHAT:
            choice |= {"delta": {"content": text}, "logprobs": None}
        else:
            logprobs = {"tokens": [text], "token_logprobs": [-0.5], "top_logprobs": [None], "text_offset": [0]}
            choice |= {"text": text, "token_ids": [7], "logprobs": logprobs}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return sse({"id": "1", "object": "x", "created": 0, "model": "mini", "choices": [choice], "usage": usage})

    def read(self, parts: list[bytes]) -> list[Json]:
        return read(parts, READERS[self.wire])


CASES = [
    Case(form, wire, rolling_batch)
    for form in (Form.GENERATED, Form.CHAT)
    for wire in (Wire.LINES, Wire.EVENTS)
    for rolling_batch in ("vllm", "disable")
    if (form, rolling_batch) != (Form.CHAT, "disable")
]
TEXTS = st.lists(st.text(), min_size=1)
CUTS = st.lists(st.integers(min_value=0, max_value=5000))


def sse(content: Json) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream in parts, which end at the cuts."""
    ends = sorted({0, len(stream), *(position % (len(stream) + 1) for position in cuts)})
    return [stream[start:end] for start, end in pairwise(ends)]


def pieces(case: Case, shape: Shape, texts: list[str]) -> Iterator[bytes]:
    for number, text in enumerate(texts, 1):
        yield shape.piece(case.event(text, ends=number == len(texts)))


def said(objects: list[Json]) -> str:
    """The text in all the tokens or deltas of a stream."""
    tokens = (each["token"]["text"] for each in objects if "token" in each)
    deltas = (choice["delta"].get("content") or "" for each in objects for choice in each.get("choices", ()))
    return "".join((*tokens, *deltas))


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(deadline=None)
@given(texts=TEXTS, cuts=CUTS)
def test_a_stream_is_read_whatever_its_parts(case: Case, texts: list[str], cuts: list[int]) -> None:
    shape = case.shape()
    stream = b"".join((*pieces(case, shape, texts), shape.end()))

    objects = case.read(cut(stream, cuts))

    assert objects == case.read([stream])
    assert said(objects) == "".join(texts)
    assert not any("error" in each for each in objects)


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(deadline=None)
@given(texts=TEXTS, cuts=CUTS)
def test_a_stream_that_broke_off_ends_with_an_error(case: Case, texts: list[str], cuts: list[int]) -> None:
    shape = case.shape()
    stream = b"".join((*pieces(case, shape, texts), shape.failure(HandlerError("the engine died", 500))))

    *objects, last = case.read(cut(stream, cuts))

    assert not any("error" in each for each in objects)
    assert "the engine died" in json.dumps(last["error"])
    assert last.keys() <= {"error", "code"}


@pytest.mark.parametrize("case", [case for case in CASES if case.form is Form.GENERATED], ids=str)
@settings(deadline=None)
@given(texts=TEXTS)
def test_the_last_token_comes_with_the_whole_text(case: Case, texts: list[str]) -> None:
    shape = case.shape()

    *objects, last = case.read([b"".join((*pieces(case, shape, texts), shape.end()))])

    assert not any(each.get("generated_text") for each in objects)
    assert last["generated_text"] == "".join(texts)
    assert last["details"]["finish_reason"] == "length"
