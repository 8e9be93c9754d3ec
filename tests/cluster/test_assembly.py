from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp

from dragoman.cluster.assembly import front
from dragoman.engine.client import Client
from dragoman.engine.relay import session
from dragoman.platforms import resolve
from dragoman.serving.lifecycle import Lifecycle
from tests.cluster.replicas import Replica

pytestmark = pytest.mark.anyio

MODELS: Mapping[str, Mapping[str, str]] = {
    "plain": {"MODEL_NAME": "org/m"},
    "runpod": {"MODEL_NAME": "org/m"},
    "lmi": {"HF_MODEL_ID": "org/m"},
    "datarobot": {"MLOPS_RUNTIME_PARAM_model": '{"type": "string", "payload": "org/m"}', "TARGET_NAME": "answer"},
}


@asynccontextmanager
async def assembled(platform: str, *flags: str) -> AsyncIterator[ASGIApp]:
    """The application of a front before one replica."""
    resolution = resolve(["--platform", platform, "--gpus", "0", *flags], MODELS[platform])
    assert resolution.errors == ()
    async with Replica("a") as replica, session() as http:
        passing, app = front(resolution, http, 1, Lifecycle(0))
        passing.update({"a": replica.url})
        yield app


@pytest.mark.parametrize("platform", MODELS)
async def test_requests_pass_on_every_platform(platform: str) -> None:
    async with assembled(platform) as app, Client(app).stream("GET", "/echo/a") as response:
        assert response.status == 200
        assert orjson.loads(await response.read())["target"] == "/echo/a"


@pytest.mark.parametrize(
    ("platform", "error"),
    [
        ("plain", lambda told: told["error"]["type"] == "RequestEntityTooLargeError"),
        ("runpod", lambda told: told["error"]["code"] == 413),
        ("lmi", lambda told: told["type"] == "TooLongFrameException"),
        ("datarobot", lambda told: told["message"].startswith("ERROR: The request's body has more than 10 bytes")),
    ],
)
async def test_a_body_is_limited_before_any_replica_has_it(
    platform: str, error: Callable[[Any], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.serving.entrance.limited.PATIENCE", 0.01)
    async with assembled(platform, "--max-body-size", "10") as app:
        status, body = await Client(app).post("/echo", "more than ten bytes")
    assert status == 413
    assert error(orjson.loads(body))
