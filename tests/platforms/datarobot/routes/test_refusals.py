import orjson
import pytest

from dragoman.platforms.datarobot.routes.refusals import broken_off, refusal
from tests.platforms.datarobot.engines import error


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, orjson.dumps(error(404, "The model `b` does not exist.")), "404 - The model `b` does not exist."),
        (401, b'{"error": "Unauthorized"}', "401 - Unauthorized"),
        (404, b'{"detail": "Not Found"}', "404 - Not Found"),
        (422, b'{"detail": [{"loc": []}]}', '422 - {"detail": [{"loc": []}]}'),
        (500, b"Internal Server Error", "500 - Internal Server Error"),
        (502, b"\xff", "502 - \ufffd"),
        (503, b"", "503"),
    ],
)
def test_the_engines_status_stays_and_its_message_is_told(status: int, body: bytes, message: str) -> None:
    error = refusal(status, body)
    assert (error.status, str(error)) == (status, f"Error code: {message}")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (orjson.dumps(error(400, "too long")), 400),
        (orjson.dumps(error(500, "gone")), 500),
        (b'{"error": {"message": "no code"}}', 500),
        (b'{"error": {"code": 1}}', 500),
        (b'{"error": "gone"}', 500),
    ],
)
def test_a_stream_may_say_why_it_ends(said: bytes, status: int) -> None:
    broken = broken_off(said)
    assert broken is not None
    assert (broken.status, broken.said) == (status, said)


@pytest.mark.parametrize("said", [b'{"id": "x", "error": null}', b"[DONE]", b"", b"[]"])
def test_other_events_are_no_errors(said: bytes) -> None:
    assert broken_off(said) is None
