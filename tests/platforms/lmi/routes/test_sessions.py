import re

import orjson
import pytest
from starlette.responses import Response

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.routes.sessions import Sessions
from dragoman.settings.values import Value
from tests.platforms.lmi.asking import options

NEW = {"requestType": "NEW_SESSION"}
CLOSE = {"requestType": "CLOSE"}
TEXT = {"inputs": "hi"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(options(sessions_expiration=60), clock)


def named(session: str) -> dict[str, str]:
    return {"x-amzn-sagemaker-session-id": session}


def opened(sessions: Sessions) -> str:
    answer = sessions.answer(NEW, {})
    assert answer is not None
    return answer.headers["x-amzn-sagemaker-session-id"]


def result(answer: Response | None) -> Value:
    return orjson.loads(answer.body)["result"] if answer else None


def test_a_session_is_opened(sessions: Sessions) -> None:
    answer = sessions.answer(NEW, {})
    assert answer is not None
    header = answer.headers["x-amzn-sagemaker-session-id"]
    session, expires = header.split("; ")
    assert re.fullmatch("[0-9a-f-]{36}", session)
    assert (expires, result(answer)) == ("Expires=1970-01-01T00:01:00Z", f"Session {session} created")


@pytest.mark.parametrize("cut", ["; Expires", "nowhere"])
def test_requests_may_name_it_with_or_without_its_end(sessions: Sessions, cut: str) -> None:
    assert sessions.answer(TEXT, named(opened(sessions).split(cut)[0])) is None


def test_requests_without_a_session_go_on(sessions: Sessions) -> None:
    assert sessions.answer(TEXT, {}) is None


def test_a_session_is_closed(sessions: Sessions) -> None:
    session = opened(sessions).split(";")[0]
    answer = sessions.answer(CLOSE, named(session))
    assert answer is not None
    assert (answer.headers["x-amzn-sagemaker-closed-session-id"], result(answer)) == (
        session,
        f"Session {session} closed",
    )
    with pytest.raises(HandlerError, match=f"Session {session} not found"):
        sessions.answer(TEXT, named(session))


def test_a_session_ends_by_itself(sessions: Sessions, clock: Clock) -> None:
    first = opened(sessions)
    clock.now = 59
    second = opened(sessions)
    clock.now = 60
    assert sessions.answer(TEXT, named(second)) is None
    with pytest.raises(HandlerError, match="not found"):
        sessions.answer(TEXT, named(first))


@pytest.mark.parametrize(
    ("content", "headers", "message"),
    [
        (TEXT, named("nobody"), "Session nobody not found"),
        (CLOSE, named("nobody"), "Session nobody not found"),
        (CLOSE, {}, "CLOSE needs the header x-amzn-sagemaker-session-id"),
        ({"requestType": "OPEN"}, {}, "requestType must be NEW_SESSION or CLOSE."),
        ({"requestType": ["CLOSE"]}, {}, "requestType must be NEW_SESSION or CLOSE"),
    ],
)
def test_what_cannot_be_done_with_sessions_is_refused(
    sessions: Sessions, content: dict[str, Value], headers: dict[str, str], message: str
) -> None:
    with pytest.raises(HandlerError, match=f"^{re.escape(message)}") as refused:
        sessions.answer(content, headers)
    assert refused.value.status == 424


def test_without_sessions_nothing_is_read() -> None:
    sessions = Sessions(options(enable_stateful_sessions=False))
    assert sessions.answer(NEW, named("nobody")) is None


def test_there_are_no_more_sessions_than_memory_is_for(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.platforms.lmi.routes.sessions.MOST", 2)
    first = opened(sessions).split(";")[0]
    opened(sessions)
    with pytest.raises(HandlerError, match="There are 2 open sessions") as refused:
        sessions.answer(NEW, {})
    assert refused.value.status == 424
    sessions.answer(CLOSE, named(first))
    opened(sessions)
