from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp

from tests.platforms.lmi.asking import ask
from tests.platforms.lmi.engines import Trouble, VllmLike, error
from tests.platforms.lmi.workers import worker

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
MESSAGES = {"messages": [{"role": "user", "content": "hi"}]}
LINES = {"accept": "application/jsonlines"}
HEADER = "x-amzn-sagemaker-adapter-identifier"


@pytest.fixture
def adapting(engine: VllmLike, tmp_path: Path) -> ASGIApp:
    """A worker with the adapter `a`."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "adapter_config.json").write_text("{}")
    (tmp_path / "a" / "adapter_model.safetensors").touch()
    return worker(engine, enable_lora=True, lora_modules=[{"name": "a", "path": str(tmp_path / "a")}])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, b'{ "model": "gpt-4",  "messages": [] }'),
        (COMPLETIONS, b'{"prompt": "say \\"inputs\\"", "model": "x"}'),
        (CHAT, b'{"messages": [], "tools": [{"properties": {"inputs": {}}}]}'),
        (CHAT, b'{"messages": [], "adapters": null}'),
    ],
)
async def test_openais_bodies_reach_the_engine_as_they_are(engine: VllmLike, path: str, body: bytes) -> None:
    answer = await ask(worker(engine), "POST", path, body, {"authorization": "Bearer k", "x-own": "1"})
    assert answer.content["choices"][0]["finish_reason"] == "length"
    assert (engine.last.path, engine.last.body) == (path, body)
    assert (engine.last.headers["authorization"], engine.last.headers["x-own"]) == ("Bearer k", "1")
    assert engine.last.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("body", [b"{", b'{"inputs"', b"[1]", b'["inputs"]', b"\xff"])
async def test_the_engine_says_what_is_wrong_with_a_body(engine: VllmLike, body: bytes) -> None:
    engine.trouble = Trouble(refusal=(400, error("no JSON", 400)))
    answer = await ask(worker(engine), "POST", CHAT, body, {HEADER: "a"} if body == b"[1]" else None)
    assert answer.told == (400, orjson.loads(error("no JSON", 400)))
    assert engine.last.body == body


async def test_a_slash_at_the_end_is_none_for_the_engine(engine: VllmLike) -> None:
    await ask(worker(engine), "POST", f"{CHAT}/", MESSAGES)
    assert engine.last.path == CHAT


async def test_streams_are_events(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", CHAT, {**MESSAGES, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.body.startswith(b"data: ")
    assert answer.body.endswith(b"data: [DONE]\n\n")


async def test_streams_are_lines_for_those_who_accept_them(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", CHAT, {**MESSAGES, "stream": True}, LINES)
    assert answer.headers["content-type"] == "application/jsonlines"
    texts = [orjson.loads(line)["choices"][0]["delta"]["content"] for line in answer.body.splitlines()]
    assert texts == ["He", "llo", " world"]


async def test_whole_answers_are_json_for_all(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", CHAT, MESSAGES, LINES)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("target", "content", "headers"),
    [
        (CHAT, {**MESSAGES, "adapters": "a"}, {}),
        (CHAT, {**MESSAGES, "model": "lmi"}, {HEADER: "a"}),
        (f"{CHAT}?adapter=a", MESSAGES, {}),
        (COMPLETIONS, {"prompt": "hi", "adapters": ["a"]}, {}),
    ],
)
async def test_an_adapter_becomes_the_model(
    engine: VllmLike, adapting: ASGIApp, target: str, content: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = await ask(adapting, "POST", target, content, headers)
    assert answer.content["model"] == "a"
    assert "adapters" not in engine.last.content
    assert engine.last.headers["content-length"] == str(len(engine.last.body))


async def test_an_unknown_adapter_is_refused(engine: VllmLike, adapting: ASGIApp) -> None:
    answer = await ask(adapting, "POST", CHAT, {**MESSAGES, "adapters": "b"})
    assert answer.told == (424, {"error": "Adapter b is not registered", "code": 424})


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS])
async def test_a_model_that_is_not_there_does_not_answer(engine: VllmLike, path: str) -> None:
    app = worker(engine)
    await ask(app, "DELETE", "/models/test")
    answer = await ask(app, "POST", path, MESSAGES)
    assert (answer.status, answer.content["type"]) == (404, "ModelNotFoundException")


async def test_browsers_ask_the_engine_first(engine: VllmLike) -> None:
    app = worker(engine)
    assert (await ask(app, "OPTIONS", CHAT)).told == (200, {})
    await ask(app, "OPTIONS", CHAT, headers={"access-control-request-method": "POST"})
    assert (engine.last.method, engine.last.path) == ("OPTIONS", CHAT)


@pytest.mark.parametrize(
    "headers", [{HEADER: "a"}, {"x-amzn-sagemaker-custom-attributes": "X-Amzn-SageMaker-Adapter-Identifier=a"}]
)
@pytest.mark.parametrize("path", [COMPLETIONS, "/invocations"])
async def test_sagemakers_clients_name_an_adapter(
    engine: VllmLike, adapting: ASGIApp, path: str, headers: dict[str, str]
) -> None:
    assert (await ask(adapting, "POST", path, {"prompt": "hi"}, headers)).status == 200
    assert engine.last.content["model"] == "a"


async def test_an_adapter_without_a_name_in_any_script_is_refused(adapting: ASGIApp) -> None:
    for path in (CHAT, COMPLETIONS):
        answer = await ask(adapting, "POST", path, b'{"prompt": "hi", "adapters": "\\ud800"}')
        assert answer.told == (424, {"error": "Adapter ? is not registered", "code": 424})


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS])
async def test_sessions_are_lmis(engine: VllmLike, path: str) -> None:
    answer = await ask(worker(engine), "POST", path, {"requestType": "NEW_SESSION"})
    assert "x-amzn-sagemaker-session-id" in answer.headers
    assert engine.seen == []


async def test_no_inputs_are_openais(engine: VllmLike) -> None:
    await ask(worker(engine), "POST", CHAT, {**MESSAGES, "inputs": None})
    assert engine.last.content == {**MESSAGES, "inputs": None}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/event-stream, application/jsonlines", "text/event-stream"),
        ("Application/JSONLines;q=0.5", "application/jsonlines"),
        ("application/jsonlinesx", "text/event-stream"),
    ],
)
async def test_accept_is_read_as_everywhere(engine: VllmLike, accept: str, kind: str) -> None:
    answer = await ask(worker(engine), "POST", CHAT, {**MESSAGES, "stream": True}, {"accept": accept})
    assert answer.headers["content-type"].startswith(kind)


async def test_a_body_that_holds_too_much_is_not_read(engine: VllmLike) -> None:
    body = b'{"adapters": "a", "prompt": [1' + b",1" * 2**21 + b"]}"
    answer = await ask(worker(engine), "POST", COMPLETIONS, body)
    assert answer.told == (424, {"error": "The request holds more than 2097152 commas.", "code": 424})


async def test_what_is_too_deep_is_for_the_engine_to_refuse(engine: VllmLike) -> None:
    body = b'{"adapters": "none", "prompt": ' + b"[" * 3 + b"]" * 3 + b"}"
    await ask(worker(engine, max_json_depth=3), "POST", COMPLETIONS, body)
    assert engine.last.body == body
