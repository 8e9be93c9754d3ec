import asyncio
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.platforms.lmi.adapters.engine import adapted as adapted_engine
from dragoman.platforms.lmi.adapters.records import Adapter
from tests.platforms.lmi.adapters.lora_engine import LoraEngine, adapted, adapter_in, options

pytestmark = pytest.mark.anyio


async def complete(app: ASGIApp, model: str) -> tuple[int, Any]:
    status, body = await Client(app).post("/v1/completions", {"model": model})
    return status, orjson.loads(body)


async def test_a_request_that_names_an_adapter_finds_it_loaded(tmp_path: Path) -> None:
    engine = LoraEngine()
    worker = adapted(engine, tmp_path)
    src = adapter_in(tmp_path / "a")
    await worker.adapters.register(Adapter("a", src, preload=False))
    assert await complete(worker.app, "a") == (200, {"model": "a", "text": src})


async def test_a_request_that_names_none_is_the_engines(tmp_path: Path) -> None:
    worker = adapted(LoraEngine(), tmp_path)
    assert (await complete(worker.app, "lmi"))[0] == 200
    assert (await complete(worker.app, "b"))[0] == 404


async def test_an_adapter_that_cannot_be_loaded_any_more(tmp_path: Path) -> None:
    engine = LoraEngine()
    worker = adapted(engine, tmp_path)
    src = adapter_in(tmp_path / "a")
    await worker.adapters.register(Adapter("a", src))
    Path(src, "adapter_config.json").unlink()
    status, body = await complete(worker.app, "a")
    assert (status, body["error"]["code"], body["error"]["param"]) == (424, 424, "model")
    assert "there is no adapter_config.json in it" in body["error"]["message"]
    assert ("complete", "a") not in engine.calls


async def test_after_a_restart_the_first_request_finds_all_adapters(tmp_path: Path) -> None:
    await adapted(LoraEngine(), tmp_path).adapters.register(Adapter("a", adapter_in(tmp_path / "a")))
    worker = adapted(LoraEngine(), tmp_path)
    async with Client(worker.app).stream("GET", "/v1/models") as response:
        assert orjson.loads(await response.read()) == {"data": ["a", "lmi"]}


async def test_a_client_that_leaves_reaches_the_engine(tmp_path: Path) -> None:
    left: list[str] = []

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            left.append(message["type"])
        left.append(message["type"])

    engine = LoraEngine()
    engine.app = watching
    request = Client(adapted(engine, tmp_path).app).post("/v1/completions", {"model": "lmi"})
    task = asyncio.create_task(request)
    while not left:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert left == ["http.request", "http.disconnect"]


async def test_without_lora_nothing_stands_before_the_engine(tmp_path: Path) -> None:
    engine = LoraEngine()
    assert adapted(engine, tmp_path, enable_lora=False).app is engine.app


async def test_it_is_as_well_as_the_engine_is(tmp_path: Path) -> None:
    engine = LoraEngine()
    worker = adapted(engine, tmp_path)
    assert (worker.healthy(), worker.tasks, await worker.death()) == (True, engine.tasks, "EngineCore died")
    engine.well = False
    assert not worker.healthy()


async def test_the_records_are_among_the_workers_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    worker = adapted_engine(LoraEngine(), options(tmp_path))
    await worker.adapters.register(Adapter("a", adapter_in(tmp_path / "a")))
    assert (tmp_path / "adapters.json").exists()
