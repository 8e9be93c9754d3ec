import pytest

from dragoman.platforms.datarobot.shim.datarobot_drum import CustomHTTPError
from dragoman.platforms.datarobot.shim.datarobot_drum.drum.exceptions import BaseCustomUserError


@pytest.mark.parametrize(
    ("error", "message", "status_code"),
    [
        (CustomHTTPError("too long", 413), "too long", 413),
        (CustomHTTPError(message="too long", status_code=413), "too long", 413),
        (CustomHTTPError("wrong"), "wrong", 400),
        (CustomHTTPError(), "User's HTTP error in custom model", 400),
    ],
)
def test_a_custom_http_error_has_a_message_and_a_status(error: CustomHTTPError, message: str, status_code: int) -> None:
    assert (str(error), error.status_code) == (message, status_code)
    assert isinstance(error, BaseCustomUserError)
