import pytest

from dragoman.platforms.runpod.jobs.verdicts import Verdict
from tests.platforms.runpod.jobs.scripted import DONE, event

CHAT, COMPLETIONS, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/responses"


def verdict(path: str, *events: bytes) -> Verdict:
    seen = Verdict(path)
    for each in events:
        seen.see(each)
    return seen


@pytest.mark.parametrize(
    ("path", "event_", "whole"),
    [
        (CHAT, DONE, True),
        (COMPLETIONS, b": ping\n\ndata: [DONE]\r\n\r\n", True),
        (CHAT, event({"content": "data: [DONE]"}), False),
        (CHAT, event({"content": "a"}), False),
        (MESSAGES, b'event: message_stop\ndata: {"type":"message_stop"}\n\n', True),
        (MESSAGES, DONE, False),
        (RESPONSES, b'event: response.completed\ndata: {"response":{"error":null}}\n\n', True),
        (RESPONSES, b'event: response.incomplete\ndata: {"response":{"error":null}}\n\n', True),
        (RESPONSES, b'event: response.created\ndata: {"response":{"error":null}}\n\n', False),
        ("/v1/responses/resp_1", event({"type": "response.created"}), True),
    ],
)
def test_each_route_has_its_own_end(path: str, event_: bytes, whole: bool) -> None:
    seen = verdict(path, event_)
    assert (seen.whole, seen.error) == (whole, None)


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        (
            *(CHAT, {"error": {"message": "no", "type": "BadRequestError", "param": "n", "code": 400}}),
            ("no", "BadRequestError", "n", 400),
        ),
        (
            *(MESSAGES, {"type": "error", "error": {"type": "internal_error", "message": "no"}}),
            ("no", "internal_error", None, 500),
        ),
        (
            *(RESPONSES, {"type": "error", "code": "server_error", "message": "no", "param": None}),
            ("no", "InternalServerError", None, 500),
        ),
        (
            *(RESPONSES, {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "no"}}}),
            ("no", "InternalServerError", None, 500),
        ),
        (
            *(RESPONSES, {"type": "response.failed", "response": {"error": None}}),
            ("The engine's response failed.", "InternalServerError", None, 500),
        ),
    ],
)
def test_an_error_in_the_stream_is_the_jobs(path: str, content: object, told: tuple[str, str, str | None, int]) -> None:
    seen = verdict(path, event(content))
    assert seen.error is not None
    assert tuple(seen.error.body.values()) == told
    assert seen.whole


@pytest.mark.parametrize(
    "content",
    [
        {"choices": [{"delta": {"content": '{"error": {"message": "no"}}'}}]},
        {"choices": [{"logprobs": {"content": [{"token": "error"}]}}]},
        {"type": "response.completed", "response": {"error": None}},
        {"choices": [{"delta": {"content": "response.failed"}}]},
        ["error"],
    ],
)
def test_a_text_about_errors_is_none(content: object) -> None:
    assert verdict(CHAT, event(content)).error is None


def test_what_is_not_json_is_no_error() -> None:
    assert verdict(CHAT, b'data: "error" is a word\n\n').error is None


def test_the_first_error_counts() -> None:
    seen = verdict(CHAT, event({"error": {"message": "first"}}), event({"error": {"message": "second"}}))
    assert str(seen.error) == "first"
