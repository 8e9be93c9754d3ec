import asyncio
import logging

import orjson
import pytest
from starlette.types import Receive, Scope, Send

from dragoman.errors import EngineStartError
from dragoman.serving.warmup import FIRST_REQUESTS, LATER_REQUESTS, first_token, warm_up
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("tasks", "path"),
    [
        ({"generate"}, "/v1/completions"),
        ({"generate", "embed"}, "/v1/completions"),
        ({"embed", "token_embed"}, "/v1/embeddings"),
        ({"classify", "token_classify"}, "/classify"),
        ({"token_embed"}, "/pooling"),
        ({"token_classify"}, "/pooling"),
    ],
)
async def test_the_first_request_fits_what_the_model_can_do(tasks: set[str], path: str) -> None:
    engine = FakeEngine({path: (200, "{}")}, frozenset(tasks))
    await first_token(engine)
    [(request, body)] = engine.seen
    assert (request.method, request.url.path) == ("POST", path)
    assert orjson.loads(body) in [body for _, body in FIRST_REQUESTS.values()]


async def test_one_token_is_asked_for_and_no_more() -> None:
    engine = FakeEngine({"/v1/completions": (200, "{}")}, frozenset({"generate"}))
    await first_token(engine)
    assert orjson.loads(engine.seen[0][1])["max_tokens"] == 1


@pytest.mark.parametrize("tasks", [set(), {"transcription"}])
async def test_a_model_for_other_input_is_taken_on_trust(tasks: set[str]) -> None:
    engine = FakeEngine({}, frozenset(tasks))
    await first_token(engine)
    assert engine.seen == []


async def test_an_error_is_an_engine_that_did_not_start() -> None:
    engine = FakeEngine({"/v1/completions": (500, "out of memory")}, frozenset({"generate"}))
    with pytest.raises(EngineStartError, match=r"^the first request was answered 500: out of memory$"):
        await first_token(engine)


ANSWERS = {"/v1/completions": (200, "{}"), "/v1/chat/completions": (200, "{}")}
GENERATES = frozenset({"generate"})


async def test_every_lazy_path_is_asked_once() -> None:
    engine = FakeEngine(ANSWERS, GENERATES)
    await warm_up(engine)
    asked = [(request.url.path, orjson.loads(body)) for request, body in engine.seen]
    assert len(asked) == len(LATER_REQUESTS)
    assert all(request in asked for request in LATER_REQUESTS.values())


@pytest.mark.parametrize("tasks", [set(), {"embed"}])
async def test_a_model_that_does_not_generate_has_nothing_lazy(tasks: set[str]) -> None:
    engine = FakeEngine({}, frozenset(tasks))
    await warm_up(engine)
    assert engine.seen == []


async def test_what_a_model_does_not_have_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    await warm_up(FakeEngine({**ANSWERS, "/v1/chat/completions": (400, "no chat template")}, GENERATES))
    assert caplog.messages == []


async def test_a_failure_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    engine = FakeEngine({**ANSWERS, "/v1/chat/completions": (500, "no\nluck")}, GENERATES)
    with caplog.at_level(logging.WARNING):
        await warm_up(engine)
    assert sorted(caplog.messages) == [
        "warming up: a streamed chat failed: 500 no luck",
        "warming up: tools failed: 500 no luck",
    ]


async def test_an_application_that_raises_is_one_line_for_each_request(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    engine = FakeEngine({}, GENERATES)
    engine.app = app
    await warm_up(engine)
    assert len(caplog.messages) == len(LATER_REQUESTS)
    assert all(message.endswith("failed: RuntimeError: broken") for message in caplog.messages)


async def test_an_engine_that_does_not_answer_is_left_to_its_users(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    engine = FakeEngine({}, GENERATES)
    engine.app = app
    await warm_up(engine, patience=0.01)
    assert sorted(caplog.messages) == [
        f"warming up: no answer for {name} within 0.01 s" for name in sorted(LATER_REQUESTS)
    ]
