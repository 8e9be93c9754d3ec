from pathlib import Path

import pytest
from starlette.types import Message

from dragoman.serving.lifecycle import Lifecycle, Status
from tests.platforms.datarobot.asking import ask
from tests.platforms.datarobot.engines import METRICS, VllmLike
from tests.platforms.datarobot.workers import worker, worker_in

pytestmark = pytest.mark.anyio

GETS = (
    "/",
    "/ping",
    "/health",
    "/info",
    "/capabilities",
    "/stats",
    "/models",
    "/v1/models",
    "/nim/v1/models",
    "/metrics",
)
POSTS = (
    "/predict",
    "/predictions",
    "/invocations",
    "/predictUnstructured",
    "/predictionsUnstructured",
    "/transform",
    "/chat/completions",
    "/v1/chat/completions",
)


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_what_is_asked_for_is_answered_with_and_without_a_slash(engine: VllmLike, path: str, slash: str) -> None:
    answer = await ask(worker(engine), "GET", path.rstrip("/") + slash, headers={"x-request-id": "r1"})
    assert answer.status == 200
    assert (answer.headers["x_request_id"], answer.headers["x-drum-version"]) == ("r1", "1.18.1")


@pytest.mark.parametrize(
    ("method", "path"),
    [*(("POST", path) for path in GETS if path != "/nim/v1/models"), *(("GET", path) for path in POSTS)],
)
async def test_a_route_has_one_method(engine: VllmLike, method: str, path: str) -> None:
    answer = await ask(worker(engine), method, path)
    assert (answer.status, answer.headers["x-drum-version"]) == (405, "1.18.1")


@pytest.mark.parametrize("path", ["/nothing", "/v1/completions", "/v1/embeddings", "/predict/more", "/tokenize"])
async def test_there_are_no_other_routes(engine: VllmLike, path: str) -> None:
    assert (await ask(worker(engine), "POST", path)).status == 404


async def test_a_prefix_is_for_every_route(engine: VllmLike) -> None:
    app = worker(engine, url_prefix="/deployments/abc")
    assert (await ask(app, "GET", "/deployments/abc/")).told == (200, {"message": ""})
    assert (await ask(app, "GET", "/deployments/abc/v1/models")).status == 200
    assert (await ask(app, "GET", "/ping/")).status == 404


async def test_metrics_are_the_engines_and_the_workers(engine: VllmLike) -> None:
    text = (await ask(worker(engine), "GET", "/metrics")).body.decode()
    assert text.startswith(METRICS)
    assert 'dragoman_info{platform="datarobot"' in text


@pytest.mark.parametrize("status", [Status.STARTING, Status.DRAINING, Status.RESTARTING])
async def test_a_worker_without_an_engine_answers_that(engine: VllmLike, status: Status) -> None:
    lifecycle = Lifecycle(0)
    lifecycle.enter(status)
    answer = await ask(worker_in(lifecycle, engine), "POST", "/predict/", b"promptText\nhi", {"x-request-id": "r1"})
    assert (answer.status, answer.headers["x_request_id"]) == (503, "r1")
    assert not engine.seen


async def test_an_engine_that_does_not_answer_makes_the_worker_wait(engine: VllmLike) -> None:
    app = worker(engine)
    engine.well = False
    assert (await ask(app, "GET", "/ping/")).status == 503
    engine.well = True
    assert (await ask(app, "GET", "/ping/")).told == (200, {"message": ""})


@pytest.mark.parametrize(("path", "marks"), [("/", True), ("/ping/", True), ("/health/", False), ("/info/", False)])
async def test_a_liveness_probe_leaves_drums_mark(engine: VllmLike, tmp_path: Path, path: str, marks: bool) -> None:
    await ask(worker(engine, code_dir=str(tmp_path)), "GET", path)
    assert (tmp_path / ".server_ready").exists() == marks


async def test_there_are_no_web_sockets(engine: VllmLike) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        sent.append(message)

    await worker(engine)({"type": "websocket", "path": "/v1/realtime", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1013}]
