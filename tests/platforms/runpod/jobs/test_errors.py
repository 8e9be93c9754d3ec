import orjson
import pytest

from dragoman.platforms.runpod.jobs.errors import JobError, from_answer, kind_of


def test_a_failed_job_yields_json_in_a_string() -> None:
    item = JobError("No.", 404, param="model").item()
    assert orjson.loads(item["error"]) == {"message": "No.", "type": "NotFoundError", "param": "model", "code": 404}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, "BadRequestError"),
        (404, "NotFoundError"),
        (429, "TooManyRequestsError"),
        (499, "BadRequestError"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailableError"),
        (504, "GatewayTimeoutError"),
        (599, "InternalServerError"),
    ],
)
def test_types_are_named_after_statuses(code: int, kind: str) -> None:
    assert kind_of(code) == kind


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            *(404, {"error": {"message": "no such", "type": "NotFoundError", "param": "model", "code": 404}}),
            ("no such", "NotFoundError", "model", 404),
        ),
        (
            *(400, {"object": "error", "message": "bad", "type": "BadRequestError", "param": None, "code": 400}),
            ("bad", "BadRequestError", None, 400),
        ),
        (
            *(400, {"error": {"message": "bad", "type": "Bad Request", "code": 400}}),
            ("bad", "BadRequestError", None, 400),
        ),
        (
            *(401, {"error": "Unauthorized"}),
            ("Unauthorized", "UnauthorizedError", None, 401),
        ),
        (
            *(404, {"detail": "Not Found"}),
            ("The engine does not serve this route with this model.", "NotFoundError", None, 404),
        ),
        (
            *(404, {"error": {"message": "Not Found", "type": "Not Found", "code": 404}}),
            ("The engine does not serve this route with this model.", "NotFoundError", None, 404),
        ),
        (
            *(422, {"detail": [{"loc": ["body", "n"], "msg": "too big"}, {"msg": "and more"}]}),
            ("body.n: too big; and more", kind_of(422), None, 422),
        ),
        (*(400, {"detail": ["odd"]}), ("odd", "BadRequestError", None, 400)),
        (
            *(400, {"type": "error", "error": {"type": "invalid_request_error", "message": "bad"}}),
            ("bad", "invalid_request_error", None, 400),
        ),
        (
            *(429, {"error": {"message": "slow", "type": "", "code": "rate_limited", "param": 5}}),
            ("slow", "TooManyRequestsError", None, 429),
        ),
        (
            *(502, b"<html>Bad Gateway</html>"),
            ("The engine answered with HTTP status 502.", "BadGatewayError", None, 502),
        ),
        (*(500, b""), ("The engine answered with HTTP status 500.", "InternalServerError", None, 500)),
        (*(500, []), ("The engine answered with HTTP status 500.", "InternalServerError", None, 500)),
        (*(500, None), ("The engine answered with HTTP status 500.", "InternalServerError", None, 500)),
    ],
)
def test_errors_of_every_shape_say_the_same_four_things(
    status: int, body: object, told: tuple[str, str, str | None, int]
) -> None:
    error = from_answer(status, body if isinstance(body, bytes) else orjson.dumps(body))
    assert tuple(error.body.values()) == told
