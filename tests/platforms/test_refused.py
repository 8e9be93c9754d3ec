"""What each dialect says to a request that is turned away before its application sees it."""

import json

import pytest

from dragoman.platforms.dialect import dialect
from dragoman.settings.values import Value

SETTINGS: dict[str, dict[str, Value]] = {
    "plain": {},
    "runpod": {},
    "lmi": {"model_name": "test", "model_url": "file:///opt/ml/model"},
    "datarobot": {"target_name": "answer", "url_prefix": "/deployments/one"},
}
OPENAI = {"error": {"message": "Too much.", "type": "Kind", "param": None, "code": 413}}
DRUM = {"message": "ERROR: Too much."}


def refused(platform: str, status: int, path: str) -> tuple[int, Value, str | None]:
    """The status, the body and one header of the answer."""
    scope = {"type": "http", "path": path}
    settings = SETTINGS[platform]
    response = dialect(platform).refused(status, "Too much.", "Kind", {"connection": "close"}, scope, settings)
    return response.status_code, json.loads(bytes(response.body)), response.headers.get("connection")


@pytest.mark.parametrize(
    ("platform", "path", "body"),
    [
        ("plain", "/v1/completions", OPENAI),
        ("runpod", "/v1/completions", OPENAI),
        ("lmi", "/invocations", {"code": 413, "type": "TooLongFrameException", "message": "Too much."}),
        ("datarobot", "/deployments/one/predict/", DRUM),
        ("datarobot", "/deployments/one/directAccess/v1/models", OPENAI),
        ("datarobot", "/elsewhere", DRUM),
    ],
)
def test_each_in_its_own_words(platform: str, path: str, body: Value) -> None:
    assert refused(platform, 413, path) == (413, body, "close")


@pytest.mark.parametrize("platform", SETTINGS)
@pytest.mark.parametrize("status", [401, 408, 413, 429, 431, 503])
def test_the_status_stays(platform: str, status: int) -> None:
    assert refused(platform, status, "/")[0] == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [(413, "TooLongFrameException"), (431, "TooLongHttpHeaderException"), (418, "Kind")],
)
def test_lmi_has_names_for_statuses(status: int, kind: str) -> None:
    assert refused("lmi", status, "/invocations")[1]["type"] == kind
