import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest

from dragoman.platforms.datarobot.status import COMPLETED, LAUNCHING, RUNNING, Status
from tests.platforms.datarobot.reports import Reports, reports, self_signed


@pytest.fixture
def server() -> Iterator[Reports]:
    with reports() as server:
        yield server


def test_a_start_with_load_model_has_three_stages(server: Reports) -> None:
    status = Status(server.environment(), verify_ssl=True)
    status.begin(3)
    for message in (RUNNING, COMPLETED, LAUNCHING):
        status.enter(message)
    assert server.told == [
        ("Deployment stage 1 out of 3", "Running user provided load-model hook..."),
        ("Deployment stage 2 out of 3", "Load-model hook completed."),
        ("Deployment stage 3 out of 3", "vLLM Inference Server is launching..."),
    ]


def test_an_event_is_what_drum_posts(server: Reports) -> None:
    status = Status(server.environment(), verify_ssl=True)
    status.begin(1)
    status.enter(LAUNCHING)
    ((path, authorization, event),) = server.seen
    assert (path, authorization) == ("/api/v2/remoteEvents/", "Bearer t0ken")
    assert datetime.fromisoformat(event.pop("timestamp")).utcoffset() is not None
    assert event == {
        "eventType": "deploymentInfo",
        "title": "Deployment stage 1 out of 1",
        "message": "vLLM Inference Server is launching...",
        "deploymentId": "64f",
    }


def test_a_slash_at_the_end_of_the_endpoint_changes_nothing(server: Reports) -> None:
    environment = server.environment() | {"DATAROBOT_ENDPOINT": f"{server.url}/"}
    Status(environment, verify_ssl=True).enter(LAUNCHING)
    assert server.seen[0][0] == "/api/v2/remoteEvents/"


@pytest.mark.anyio
async def test_a_worker_that_gives_up_says_so(server: Reports) -> None:
    await Status(server.environment(), verify_ssl=True).fail()
    assert server.told == [("Deployment status", "The worker has given up and ends; the reason is in its log.")]


@pytest.mark.parametrize("missing", ["DATAROBOT_ENDPOINT", "DATAROBOT_API_TOKEN", "MLOPS_DEPLOYMENT_ID"])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_without_one_of_the_variables_nothing_is_reported(
    server: Reports, caplog: pytest.LogCaptureFixture, missing: str, how: str
) -> None:
    environment = server.environment()
    if how == "absent":
        del environment[missing]
    else:
        environment[missing] = ""
    Status(environment, verify_ssl=True).enter(LAUNCHING)
    assert (server.seen, caplog.messages) == ([], [])


def refused() -> str:
    with socket.create_server(("localhost", 0)) as taken:
        return f"http://localhost:{taken.getsockname()[1]}"


@pytest.mark.parametrize("endpoint", [refused(), "no URL", "ftp://localhost", "http://[", "http://localhost:99999"])
def test_an_endpoint_that_cannot_be_reached_is_one_warning(endpoint: str, caplog: pytest.LogCaptureFixture) -> None:
    environment = {"DATAROBOT_ENDPOINT": endpoint, "DATAROBOT_API_TOKEN": "t0ken", "MLOPS_DEPLOYMENT_ID": "64f"}
    status = Status(environment, verify_ssl=True)
    status.enter(RUNNING)
    status.enter(LAUNCHING)
    (message,) = caplog.messages
    assert message.startswith("DataRobot is not told how the worker fares: ")
    assert "t0ken" not in message


def test_an_endpoint_that_does_not_answer_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dragoman.platforms.datarobot.status.TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    with socket.create_server(("localhost", 0)) as silent:
        endpoint = f"http://localhost:{silent.getsockname()[1]}"
        environment = {"DATAROBOT_ENDPOINT": endpoint, "DATAROBOT_API_TOKEN": "t0ken", "MLOPS_DEPLOYMENT_ID": "64f"}
        Status(environment, verify_ssl=True).enter(LAUNCHING)
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("code", [400, 401, 503])
def test_an_error_is_one_warning(server: Reports, caplog: pytest.LogCaptureFixture, code: int) -> None:
    server.status = code
    status = Status(server.environment(), verify_ssl=True)
    status.enter(RUNNING)
    status.enter(LAUNCHING)
    (message,) = caplog.messages
    assert str(code) in message
    assert len(server.seen) == 2


@pytest.mark.parametrize("token", ["t0ken\n", "t0ken\r\nX: y"])
def test_a_token_that_is_no_header_is_one_warning(
    server: Reports, caplog: pytest.LogCaptureFixture, token: str
) -> None:
    Status(server.environment() | {"DATAROBOT_API_TOKEN": token}, verify_ssl=True).enter(LAUNCHING)
    assert len(caplog.messages) == 1
    assert "t0ken" not in caplog.text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize(
    ("verify_ssl", "bundle", "reported"),
    [(True, None, False), (False, None, True), (True, "file", True), (True, "absent", False), (False, "absent", True)],
)
def test_a_certificate_that_nobody_knows_counts_unless_it_shall_not(
    certificate: tuple[Path, Path],
    caplog: pytest.LogCaptureFixture,
    verify_ssl: bool,
    bundle: str | None,
    reported: bool,
) -> None:
    with reports(certificate) as server:
        bundles = {
            None: {},
            "file": {"REQUESTS_CA_BUNDLE": str(certificate[0])},
            "absent": {"REQUESTS_CA_BUNDLE": "/no"},
        }
        status = Status(server.environment() | bundles[bundle], verify_ssl)
        status.enter(LAUNCHING)
        assert len(server.seen) == reported
    assert len(caplog.messages) == (not reported)
