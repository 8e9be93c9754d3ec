import sys
from types import ModuleType

import orjson
import pytest

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.hooks.failures import failure, own_traceback, translated
from dragoman.platforms.datarobot.shim.datarobot_drum.drum import exceptions


@pytest.fixture
def drum(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`datarobot_drum`, as if custom.py had imported it."""
    monkeypatch.setitem(sys.modules, "datarobot_drum.drum.exceptions", exceptions)
    return exceptions


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("chat", ValueError("no such prompt"), "no such prompt"),
        ("chat", KeyError("prompt"), "'prompt'"),
        ("chat", ValueError(), "ValueError"),
        ("chat", SystemExit(0), "0"),
        ("get_supported_llm_models", OSError("away"), "away"),
        ("score", ValueError("x"), "Model 'score' hook failed to make predictions. Exception: ValueError('x')"),
    ],
)
def test_who_asked_hears_the_reason_in_drums_words(name: str, error: BaseException, words: str) -> None:
    failed = failure(name, error)
    assert (str(failed), failed.status) == (words, 500)
    assert failed.response().body == orjson.dumps({"message": f"ERROR: {words}"})


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (exceptions.CustomHTTPError("too long", 413), 413, "too long"),
        (exceptions.CustomHTTPError("wrong"), 400, "wrong"),
        (exceptions.CustomHTTPError(), 400, "User's HTTP error in custom model"),
        (exceptions.BaseCustomUserError("wrong"), 400, "wrong"),
        (exceptions.CustomHTTPError("no status", 7), 500, "no status"),
        (exceptions.CustomHTTPError("no status", "418"), 500, "no status"),  # type: ignore[arg-type]
    ],
)
def test_what_is_for_the_client_is_answered_as_it_is(
    drum: ModuleType, caplog: pytest.LogCaptureFixture, error: Exception, status: int, message: str
) -> None:
    response = failure("chat", error).response()
    assert (response.status_code, orjson.loads(response.body)) == (status, {"message": message})
    assert response.headers["x-drum-user-http-error"] == "true"
    assert caplog.text == ""


@pytest.mark.parametrize(("status", "answered"), [(204, 204), (304, 304), (100, 500), (199, 500)])
def test_nothing_comes_with_a_status_that_has_no_body(drum: ModuleType, status: int, answered: int) -> None:
    response = failure("chat", exceptions.CustomHTTPError("nothing", status)).response()
    assert (response.status_code, bool(response.body)) == (answered, answered == 500)
    assert ("content-type" in response.headers) == (answered == 500)


def test_a_message_may_hold_what_utf_8_does_not(drum: ModuleType) -> None:
    response = failure("chat", exceptions.CustomHTTPError("half \ud800")).response()
    assert response.body == b'{"message": "half \\ud800"}'


def test_the_log_gets_the_traceback_of_the_hook_alone(caplog: pytest.LogCaptureFixture) -> None:
    def hook() -> None:
        raise ValueError("no such prompt")

    with pytest.raises(DrumError), translated("chat"):
        hook()
    (message,) = caplog.messages
    assert message.startswith("custom.py: chat failed:\nTraceback (most recent call last):\n")
    assert message.endswith("ValueError: no such prompt")
    assert "src/dragoman" not in message


def test_a_traceback_without_own_code_is_the_error_alone() -> None:
    assert own_traceback(ValueError("wrong")) == ["ValueError: wrong\n"]


@pytest.mark.parametrize("error", [StopIteration(), SystemExit(1), KeyboardInterrupt()])
def test_nothing_that_a_hook_raises_ends_more_than_its_request(error: BaseException) -> None:
    with pytest.raises(DrumError), translated("chat"):
        raise error
