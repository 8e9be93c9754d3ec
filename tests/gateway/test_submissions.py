import json
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.policy import Policy
from dragoman.gateway.states import Kind
from dragoman.gateway.submissions import Submission, new_id
from tests.generated import objects

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def read(**request: object) -> Submission:
    return Submission.read(json.dumps(request).encode(), Kind.RUN)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [(Kind.RUN, f"{UUID}-u1"), (Kind.RUNSYNC, f"sync-{UUID}-u1"), (Kind.OPENAI, f"sync-{UUID}-u1")],
)
def test_ids(kind: Kind, pattern: str) -> None:
    assert re.fullmatch(pattern, new_id(kind))


def test_all_that_a_request_may_have() -> None:
    submission = read(
        input={"prompt": "Hi"},
        webhook="https://user:pass@example.com:8443/hook?a=b",
        s3Config={"bucketName": "b"},
        policy={"lowPriority": True},
        somethingElse=1,
    )
    assert submission == Submission(
        id=submission.id,
        kind=Kind.RUN,
        input=b'{"prompt":"Hi"}',
        webhook="https://user:pass@example.com:8443/hook?a=b",
        s3_config=b'{"bucketName":"b"}',
        policy=Policy(low_priority=True),
    )


@pytest.mark.parametrize("given", [{}, [], "", 0, False, [1, {"a": None}], "text"])
def test_any_input_but_null(given: object) -> None:
    assert json.loads(read(input=given).input) == given


@pytest.mark.parametrize(
    "webhook", [None, "http://localhost", "HTTP://127.0.0.1:80/x", "http://[::1]:8000/", "https://exämple.org/ö"]
)
def test_webhooks(webhook: str | None) -> None:
    assert read(input=1, webhook=webhook).webhook == webhook


@pytest.mark.parametrize(
    "webhook",
    [
        "",
        "example.com/hook",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://user@",
        "http://[::1",
        "http://host:port/",
        "http://host:99999/",
        "http://host:0/",
        "http://ho st/",
        "http://host/\r\nX: y",
        "http://host/\ud800",
        17,
        ["http://host/"],
    ],
)
def test_no_webhooks(webhook: object) -> None:
    with pytest.raises(BadRequestError, match="webhook is not an http or https URL"):
        read(input=1, webhook=webhook)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not valid JSON, or is nested too deeply"),
        (b"{'input': 1}", "the body is not valid JSON, or is nested too deeply"),
        (b'{"input":' * 100_000, "the body is not valid JSON, or is nested too deeply"),
        (b"[]", "the body is not a JSON object"),
        (b'"input"', "the body is not a JSON object"),
        (b"{}", '"input" is missing'),
        (b'{"input": null}', '"input" is missing'),
        (b'{"input": 1, "s3Config": []}', "s3Config is not an object"),
        (b'{"input": 1, "policy": 7}', "policy is not an object"),
    ],
)
def test_bad_requests(body: bytes, message: str) -> None:
    with pytest.raises(BadRequestError) as refusal:
        Submission.read(body, Kind.RUN)
    assert str(refusal.value) == message


@given(st.binary() | objects("input", "webhook", "policy", "s3Config").map(lambda body: json.dumps(body).encode()))
def test_nothing_but_a_bad_request_is_raised(body: bytes) -> None:
    with suppress(BadRequestError):
        Submission.read(body, Kind.RUN)
