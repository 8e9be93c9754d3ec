from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.serving.events import Events, data, name

STREAM = (
    'event: a\ndata: {"x": "é"}\n\n: ping\n\ndata: two\ndata: lines\r\n\r\nid: 1\rdata: [DONE]\r\rdata: rest'.encode()
)


def cut(*chunks: bytes) -> list[bytes]:
    events = Events()
    return [event for chunk in chunks for event in events.feed(chunk)] + events.close()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (b"data: a\n\ndata: b\n\n", [b"data: a\n\n", b"data: b\n\n"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"data: a\r\n\r\n", b"data: b\r\n\r\n"]),
        (b"data: a\r\rdata: b\r\r", [b"data: a\r\r", b"data: b\n\n"]),
        (b"data: a\n\r\ndata: b\r\n\n", [b"data: a\n\r\n", b"data: b\r\n\n"]),
        (b"event: x\r\ndata: a\r\n\r\n", [b"event: x\r\ndata: a\r\n\r\n"]),
        (b": ping\n\ndata: a\n\n", [b": ping\n\ndata: a\n\n"]),
        (b": one\n\n: two\n\ndata: a\n\n", [b": one\n\n: two\n\ndata: a\n\n"]),
        (b": in it\ndata: a\n\n", [b": in it\ndata: a\n\n"]),
        (b"\n\ndata: a\n\n", [b"\n\ndata: a\n\n"]),
        (b"data: a\n\ndata: b", [b"data: a\n\n", b"data: b\n\n"]),
        (b"data: a\n\ndata: b\n", [b"data: a\n\n", b"data: b\n\n"]),
        (b"data: a\n\n: ping\n\n", [b"data: a\n\n"]),
        (b"data: a\n\n: ping", [b"data: a\n\n"]),
    ],
)
def test_a_stream_is_cut_after_each_blank_line(stream: bytes, events: list[bytes]) -> None:
    assert cut(stream) == events


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_of_the_bytes_gives_the_same_events(places: list[int]) -> None:
    bounds = [0, *sorted(places), len(STREAM)]
    chunks = [STREAM[start:end] for start, end in pairwise(bounds)]
    assert cut(*chunks) == cut(STREAM)


@given(st.binary(max_size=40).map(lambda noise: noise.translate(bytes(b"\r\n:da "[byte % 6] for byte in range(256)))))
def test_byte_by_byte_is_the_same_as_at_once(stream: bytes) -> None:
    assert cut(*(stream[i : i + 1] for i in range(len(stream)))) == cut(stream)


def test_an_event_comes_out_with_its_last_byte() -> None:
    events = Events()
    assert events.feed(b"data: a\n") == []
    assert events.feed(b"\nda") == [b"data: a\n\n"]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (b"data: a\n\n", b"a"),
        (b"data:a\r\n\r\n", b"a"),
        (b"data:  a\n\n", b" a"),
        (b"event: x\ndata: a\ndata: b\n\n", b"a\nb"),
        (b": ping\n\ndata: a\n\n", b"a"),
        (b"retry: 10\n\n", b""),
    ],
)
def test_data_is_what_an_event_says(event: bytes, says: bytes) -> None:
    assert data(event) == says


@pytest.mark.parametrize(
    ("event", "type_"), [(b"event: x\ndata: a\n\n", b"x"), (b"event:x\r\n\r\n", b"x"), (b"data: event: x\n\n", b"")]
)
def test_name_is_an_events_type(event: bytes, type_: bytes) -> None:
    assert name(event) == type_
