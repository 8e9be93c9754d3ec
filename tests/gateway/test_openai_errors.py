import json
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.gateway import openai_errors
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.openai_errors import OpenAIError
from dragoman.gateway.states import Status
from tests.gateway.samples import job, submit
from tests.generated import VALUES, objects

NO_MODEL = {"message": "no model", "type": "NotFoundError", "param": "model", "code": 404}
MISSING = OpenAIError(404, "no model", "NotFoundError", "model", 404)
AGAIN = OpenAIError(503, openai_errors.QUEUED_AGAIN[1], "ServiceUnavailableError", None, 503)
TRACEBACK = 'Traceback (most recent call last):\n  File "handler.py", line 1, in handler\n'


def internal(message: str, kind: str = "InternalServerError") -> OpenAIError:
    return OpenAIError(500, message, kind, None, 500)


def bad(message: str, kind: str = "BadRequestError", code: str | int = 400) -> OpenAIError:
    return OpenAIError(400, message, kind, None, code)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(json.dumps(NO_MODEL), MISSING, id="this worker"),
        pytest.param(json.dumps({"error": NO_MODEL}), MISSING, id="nested"),
        pytest.param(json.dumps({"error": {"error": NO_MODEL}}), MISSING, id="nested twice"),
        pytest.param(json.dumps({"object": "error", **NO_MODEL}), MISSING, id="flat, vLLM before 0.10"),
        pytest.param(str(NO_MODEL), MISSING, id="what the SDK makes of a dictionary"),
        pytest.param(str({"error": NO_MODEL}), MISSING, id="that, nested"),
        pytest.param(json.dumps({"error": json.dumps(NO_MODEL)}), MISSING, id="text within text"),
        pytest.param(
            f"handler: {json.dumps(NO_MODEL)} \ntraceback: {TRACEBACK}", MISSING, id="an exception that is one"
        ),
        pytest.param("it's {'broken'", internal("it's {'broken'"), id="text"),
        pytest.param("{'message': 'bad \\d', 'code': 400}", bad("bad \\d"), id="a literal that warns"),
        pytest.param("{'message': b'bytes', 'code': 400}", bad("b'bytes'"), id="a literal that JSON has no words for"),
        pytest.param("{'message': open('x')}", internal("{'message': open('x')}"), id="code is not run"),
        pytest.param("", internal("The worker failed without saying why."), id="nothing"),
        pytest.param("{}", internal("{}"), id="an empty object"),
        pytest.param('{"reason": "x"}', internal('{"reason": "x"}'), id="an object without a message"),
        pytest.param('{"error": {"reason": "x"}}', internal('{"reason":"x"}'), id="an error without a message"),
        pytest.param('{"message": "x", "type": ""}', internal("x"), id="no type"),
        pytest.param('{"message": "{\\"a\\": 1}"}', internal('{"a": 1}'), id="a message that happens to be an object"),
        pytest.param(
            json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "x"}}),
            bad("x", "invalid_request_error"),
            id="Anthropic's",
        ),
        pytest.param(
            '{"error": {"message": "x", "type": "invalid_request_error", "code": "context_length_exceeded"}}',
            bad("x", "invalid_request_error", "context_length_exceeded"),
            id="OpenAI's own, with a code in words",
        ),
        pytest.param(
            str(
                {
                    "message": "vLLM returned HTTP 404: " + json.dumps({"error": NO_MODEL}),
                    "type": "worker_error",
                    "code": None,
                }
            ),
            MISSING,
            id="worker-vllm 2.24",
        ),
        pytest.param(
            str({"message": "vLLM returned HTTP 400: no JSON", "type": "worker_error", "code": None}),
            bad("no JSON"),
            id="worker-vllm 2.24, another body",
        ),
        pytest.param(
            str({"message": "vLLM server is unhealthy", "type": "worker_error", "code": None}),
            internal("vLLM server is unhealthy", "worker_error"),
            id="worker-vllm 2.24, dead engine",
        ),
        pytest.param(
            json.dumps({"detail": [{"loc": ["body", "n"], "msg": "too many"}]}),
            internal('[{"loc":["body","n"],"msg":"too many"}]'),
            id="FastAPI's",
        ),
        pytest.param(
            json.dumps(
                {
                    "error_type": "<class 'ValueError'>",
                    "error_message": "no",
                    "error_traceback": TRACEBACK,
                    "hostname": "h",
                    "worker_id": "w",
                    "runpod_version": "1.12.0",
                }
            ),
            internal("no", "ValueError"),
            id="an exception in a plain handler",
        ),
        pytest.param(
            f"handler: no \ntraceback: {TRACEBACK}ValueError: no\n", internal("no"), id="an exception in a generator"
        ),
        pytest.param(f"{TRACEBACK}ValueError: no\n", internal("ValueError: no"), id="a traceback"),
    ],
)
def test_whatever_a_worker_calls_an_error(text: str, error: OpenAIError) -> None:
    assert openai_errors.of_text(text) == error


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (400, 400),
        (599, 599),
        ("400", 400),
        (429.0, 429),
        (399, 500),
        (600, 500),
        ("4000", 500),
        ("٤٠٠", 500),
        (400.5, 500),
        (True, 500),
        (None, 500),
        ([400], 500),
        (10**30, 500),
    ],
)
def test_a_code_is_a_status_where_it_can_be_one(code: object, status: int) -> None:
    assert openai_errors.of_text(json.dumps({"message": "x", "code": code})).status == status


@pytest.mark.parametrize(
    "brackets",
    ["{'a':" * 15_000, "{'a':" + "[" * 90_000, "{" + "-" * 90_000 + "1}", "{" * 200_000],
    ids=["objects", "lists", "signs", "too long"],
)
def test_a_text_that_would_break_a_parser_is_just_a_text(brackets: str) -> None:
    assert openai_errors.of_text(brackets) == internal(brackets)


def test_texts_within_texts_come_to_an_end() -> None:
    text = "deep"
    for _ in range(20):
        text = json.dumps({"message": text})
    assert openai_errors.of_text(text).status == 500


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"object": "error", "message": "x", "type": "BadRequestError", "param": None, "code": 400}, 400),
        ({"object": "error", "message": "x"}, 500),
        ({"error": {"message": "x", "code": 404}}, 404),
        ({"error": {"message": "x"}}, 500),
        ({"error": "x", "code": "503"}, 503),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, 529),
        ({"type": "error", "message": "x", "code": "400", "param": None}, 400),
        ({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "x"}}}, 500),
    ],
)
def test_an_answer_that_is_an_error(answer: object, status: int) -> None:
    error = openai_errors.of_answer(answer)
    assert error is not None
    assert (error.status, error.message) == (status, "x")


@pytest.mark.parametrize(
    "answer",
    [
        {"object": "chat.completion", "choices": []},
        {"object": "response", "error": {"code": "server_error", "message": "x"}},
        {"id": "x", "error": None},
        {"type": "response.created", "response": {"error": None}},
        ["error"],
        "error",
        None,
    ],
)
def test_an_answer_that_is_none(answer: object) -> None:
    assert openai_errors.of_answer(answer) is None


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (Status.FAILED, "why", internal("why")),
        (Status.FAILED, None, internal("The worker failed without saying why.")),
        (Status.TIMED_OUT, "too long", OpenAIError(504, "too long", "GatewayTimeoutError", None, 504)),
        (Status.CANCELLED, None, OpenAIError(499, "The job was cancelled.", "CancelledError", None, 499)),
        (Status.IN_QUEUE, None, AGAIN),
        (Status.IN_PROGRESS, None, AGAIN),
    ],
)
def test_why_a_job_has_no_answer(ledger: Ledger, status: Status, said: str | None, error: OpenAIError) -> None:
    submit(ledger, "a")
    assert openai_errors.of_job(replace(job(ledger, "a"), status=status, error=said)) == error


def test_why_a_job_that_is_gone_has_no_answer() -> None:
    message = "The job expired before it was done."
    assert openai_errors.of_job(None) == OpenAIError(504, message, "GatewayTimeoutError", None, 504)


def test_the_answer_that_tells_an_error() -> None:
    response = MISSING.response({"x-request-id": "1"})
    assert (response.status_code, response.media_type, response.headers["x-request-id"]) == (
        404,
        "application/json",
        "1",
    )
    assert orjson.loads(response.body) == {"error": NO_MODEL}


def test_a_text_of_thousands_of_tracebacks_is_read_at_once() -> None:
    text = (TRACEBACK + "x\n ") * 20_000 + " -\n"
    assert openai_errors.of_text(text).message == text.strip()


@given(st.text() | VALUES.map(str) | VALUES.map(repr))
def test_whatever_a_worker_says_is_an_error(text: str) -> None:
    assert openai_errors.of_text(text).status in range(400, 600)


@given(objects("error", "object", "type", "code", "message", "detail", "response", "error_type", "error_message"))
def test_whatever_a_worker_answers_is_an_error_with_a_body_or_none(answer: dict[str, object]) -> None:
    found = openai_errors.of_answer(answer)
    assert found is None or (found.status in range(400, 600) and found.body)
