import pytest

from dragoman.platforms.lmi.generation.lines import chunk_of, framed, said
from dragoman.platforms.lmi.generation.request import Wire


@pytest.mark.parametrize(
    ("wire", "told"), [(Wire.LINES, b'{"a":1}\n'), (Wire.EVENTS, b'data: {"a":1}\n\n'), (Wire.JSON, b'{"a":1}\n')]
)
def test_json_is_a_line_or_an_event(wire: Wire, told: bytes) -> None:
    assert framed(b'{"a":1}', wire) == told


@pytest.mark.parametrize(
    ("event", "content"),
    [
        (b'data: {"a":1}\n\n', b'{"a":1}'),
        (b': ping\n\ndata: {"a":1}\n\n', b'{"a":1}'),
        (b"data: [DONE]\n\n", b""),
        (b"data:[DONE]\r\n\r\n", b""),
        (b"retry: 10\n\n", b""),
    ],
)
def test_an_event_says_json_or_nothing(event: bytes, content: bytes) -> None:
    assert said(event) == content
    assert chunk_of(event) == ({"a": 1} if content else {})
