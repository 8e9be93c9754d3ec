import orjson
import pytest

from dragoman.platforms.datarobot.routes.refusals import refusal
from tests.platforms.datarobot.engines import error


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, orjson.dumps(error(404, "The model `b` does not exist.")), "404 - The model `b` does not exist."),
        (500, b"Internal Server Error", "500 - Internal Server Error"),
        (503, b"", "503"),
    ],
)
def test_the_engines_status_stays_and_its_message_is_told(status: int, body: bytes, message: str) -> None:
    error = refusal(status, body)
    assert (error.status, str(error)) == (status, f"Error code: {message}")


def test_a_client_is_told_when_to_come_again() -> None:
    assert refusal(429, b"", [(b"Retry-After", b"7"), (b"x-other", b"1")]).headers == {"retry-after": "7"}
