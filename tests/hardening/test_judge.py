"""What must hold of an answer."""

import json

import pytest

from hardening.fuzz.dialects import DATAROBOT, LMI_NEWEST, PLAIN, RUNPOD, Dialect
from hardening.fuzz.judge import ECHO, FORM, JOB, JSON, NO_FAULT, judge
from hardening.fuzz.requests import Got, Sent

SENT = Sent.json("/v1/chat/completions", {"user": "long text " * 100})
OPENAI = {"error": {"message": "no", "type": "BadRequestError", "param": None, "code": 400}}


def got(status: int, content: object) -> Got:
    return Got(status, {"content-type": "application/json"}, json.dumps(content).encode())


def broken(dialect: Dialect, answer: Got) -> list[str]:
    return [breach.promise for breach in judge(dialect, SENT, answer)]


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        (PLAIN, got(200, {"choices": []})),
        (PLAIN, got(400, OPENAI)),
        (LMI_NEWEST, got(424, {"error": "no", "code": 424})),
        (LMI_NEWEST, got(404, {"code": 404, "type": "NotFound", "message": "no"})),
        (DATAROBOT, got(500, {"message": "ERROR: no"})),
        (DATAROBOT, Got(404, {}, b"<!doctype html>\n")),
        (RUNPOD, got(400, {"error": "no"})),
        (RUNPOD, got(200, {"status": "FAILED", "error": json.dumps(OPENAI["error"])})),
    ],
)
def test_what_is_right(dialect: Dialect, answer: Got) -> None:
    assert broken(dialect, answer) == []


@pytest.mark.parametrize(
    ("dialect", "answer", "promise"),
    [
        (PLAIN, got(500, OPENAI), NO_FAULT),
        (PLAIN, got(400, {"detail": "no"}), FORM),
        (PLAIN, Got(400, {}, b"Bad Request"), FORM),
        (PLAIN, got(400, {"error": OPENAI["error"] | {"message": SENT.body.decode()[:400]}}), ECHO),
        (PLAIN, Got(200, {"content-type": "application/json"}, b"{"), JSON),
        (RUNPOD, got(200, {"status": "FAILED", "error": "Traceback"}), JOB),
    ],
)
def test_what_is_not(dialect: Dialect, answer: Got, promise: str) -> None:
    assert broken(dialect, answer) == [promise]


def test_head_has_no_body() -> None:
    assert list(judge(PLAIN, Sent("HEAD", "/nowhere"), Got(404, {}, b""))) == []
