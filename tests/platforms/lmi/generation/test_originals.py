import orjson
import pytest

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.originals import Originals
from dragoman.platforms.lmi.generation.request import Wire
from tests.platforms.lmi.generation.completions import streamed
from tests.platforms.lmi.generation.recorded import CHAT, CHAT_STREAM, ENDED

ERROR = b'{"error":{"message":"No.","type":"BadRequestError","param":null,"code":424}}'


@pytest.mark.parametrize("answer", [ENDED, CHAT])
def test_a_whole_answer_stays_as_it_is(answer: dict[str, object]) -> None:
    shape = Originals(Wire.JSON)
    assert orjson.loads(shape.whole(answer)) == answer


def test_events_stay_as_they_are() -> None:
    assert streamed(Originals(Wire.EVENTS), CHAT_STREAM) == b"".join(CHAT_STREAM)


def test_lines_are_what_the_events_say_without_the_end() -> None:
    said = streamed(Originals(Wire.LINES), CHAT_STREAM)
    assert said == b"".join(event[6:-1] for event in CHAT_STREAM[:-1])


@pytest.mark.parametrize("wire", [Wire.LINES, Wire.EVENTS])
def test_an_event_without_content_says_nothing(wire: Wire) -> None:
    assert Originals(wire).piece(b": ping\n\n") == b""


@pytest.mark.parametrize(("wire", "told"), [(Wire.LINES, ERROR + b"\n"), (Wire.EVENTS, b"data: " + ERROR + b"\n\n")])
def test_a_stream_that_breaks_off_ends_with_the_error(wire: Wire, told: bytes) -> None:
    assert Originals(wire).failure(HandlerError("No.")) == told
