import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dragoman.engine.client import Client
from dragoman.errors import DragomanError
from dragoman.platforms.lmi.adapters import registry as module
from dragoman.platforms.lmi.adapters.records import Adapter
from dragoman.platforms.lmi.adapters.registry import Registry
from dragoman.platforms.lmi.errors import HandlerError, ServerError
from tests.platforms.lmi.adapters.lora_engine import LoraEngine, adapted, adapter_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine(anyio_backend: str) -> LoraEngine:
    return LoraEngine()


@pytest.fixture
def registry(engine: LoraEngine, tmp_path: Path) -> Registry:
    return adapted(engine, tmp_path).adapters


@pytest.fixture
def a(tmp_path: Path) -> Adapter:
    return Adapter("a", adapter_in(tmp_path / "a"))


@pytest.fixture
def b(tmp_path: Path) -> Adapter:
    return Adapter("b", adapter_in(tmp_path / "b"))


async def refused(work: object, code: int, kind: type[DragomanError] = HandlerError) -> str:
    with pytest.raises(kind) as error:
        await work  # type: ignore[misc]
    assert error.value.status == code
    return str(error.value)


async def test_a_registered_adapter_is_loaded(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    await registry.register(a)
    assert engine.loaded == {"a": a.src}
    assert await registry.resolve("a") == "a"
    assert registry.all() == (a,)
    assert "a" in registry


async def test_the_answer_waits_for_the_load(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    engine.loads.clear()
    registering = asyncio.create_task(registry.register(a))
    while not engine.calls:
        await asyncio.sleep(0)
    assert not registering.done()
    assert "a" not in registry
    engine.loads.set()
    await registering
    assert "a" in registry


async def test_what_cannot_be_loaded_is_not_registered(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    engine.refusals["a"] = (500, "Call to add_lora method failed: sizes differ")
    assert await refused(registry.register(a), 424) == f"Adapter a cannot be loaded from {a.src}: sizes differ"
    assert registry.all() == ()
    del engine.refusals["a"]
    await registry.register(a)


async def test_without_preload_it_is_loaded_when_it_is_asked_for(
    engine: LoraEngine, registry: Registry, a: Adapter
) -> None:
    await registry.register(replace(a, preload=False))
    assert engine.calls == []
    await asyncio.gather(*(registry.resolve("a") for _ in range(3)))
    assert engine.calls == [("load", "a")]


async def test_a_name_is_registered_once(registry: Registry, a: Adapter) -> None:
    await registry.register(a)
    assert "already exists" in await refused(registry.register(a), 409, ServerError)


async def test_of_several_at_a_time_one_wins(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    outcomes = await asyncio.gather(*(registry.register(a) for _ in range(5)), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert {outcome.status for outcome in outcomes if isinstance(outcome, ServerError)} == {409}
    assert engine.calls == [("load", "a")]


async def test_the_models_own_names_are_taken(registry: Registry, a: Adapter) -> None:
    assert "name of the model itself" in await refused(registry.register(replace(a, name="lmi")), 409, ServerError)


async def test_a_place_without_an_adapter_is_refused_at_once(engine: LoraEngine, registry: Registry) -> None:
    await refused(registry.register(Adapter("a", "/no/such/place", preload=False)), 424)
    assert (engine.calls, registry.all()) == ([], ())


async def test_a_place_within_the_model(engine: LoraEngine, registry: Registry, tmp_path: Path) -> None:
    adapter_in(tmp_path / "adapters" / "a")
    await registry.register(Adapter("a", "adapters/a"))
    assert engine.loaded == {"a": str(tmp_path / "adapters" / "a")}
    assert registry.known("a").src == "adapters/a"


async def test_pinned_means_preloaded(registry: Registry, a: Adapter) -> None:
    message = "Can not set preload to false and pin to true for adapter a"
    assert await refused(registry.register(replace(a, preload=False, pin=True)), 424) == message


async def test_there_may_be_more_adapters_than_slots(engine: LoraEngine, registry: Registry, tmp_path: Path) -> None:
    for number in range(5):
        await registry.register(Adapter(f"a{number}", adapter_in(tmp_path / f"a{number}")))
    assert len(engine.loaded) == 5


async def test_where_all_slots_are_pinned_there_is_none_left(
    engine: LoraEngine, tmp_path: Path, a: Adapter, b: Adapter
) -> None:
    registry = adapted(engine, tmp_path, max_loras=1).adapters
    await registry.register(replace(a, pin=True))
    message = "No free LoRA slots for adapter b: max_loras is 1, and pinned are ['a']"
    assert await refused(registry.register(b), 507) == message
    await registry.register(replace(b, preload=False))
    assert await refused(registry.update(replace(b, pin=True)), 507) == message
    await registry.unregister("a")
    await registry.update(replace(b, pin=True))


async def test_code_of_an_adapter_is_not_run(registry: Registry, a: Adapter, caplog: pytest.LogCaptureFixture) -> None:
    Path(a.src, "model.py").write_text("")
    await registry.register(a)
    assert f"{a.src}/model.py is not run" in caplog.text


async def test_an_update_loads(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    await registry.register(replace(a, preload=False))
    await registry.update(replace(a, pin=True))
    assert engine.loaded == {"a": a.src}
    assert registry.known("a") == replace(a, pin=True)


async def test_an_update_does_not_load_again(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    await registry.register(a)
    await registry.update(replace(a, preload=False))
    await registry.resolve("a")
    assert engine.calls == [("load", "a")]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"src": "/elsewhere"}, "Updating the src of an adapter is not supported"),
        ({"pin": False}, "Unpinning an adapter is not supported: a"),
        ({"preload": False}, "Can not set preload to false and pin to true for adapter a"),
    ],
)
async def test_updates_that_are_not_supported(
    registry: Registry, a: Adapter, changes: dict[str, Any], reason: str
) -> None:
    pinned = replace(a, pin=True)
    await registry.register(pinned)
    assert reason in await refused(registry.update(replace(pinned, **changes)), 424)
    assert registry.all() == (pinned,)


async def test_an_unregistered_adapter_is_unknown(
    engine: LoraEngine, registry: Registry, a: Adapter, b: Adapter
) -> None:
    await registry.register(a)
    await registry.register(b)
    await registry.unregister("a")
    assert engine.loaded == {"b": b.src}
    assert await refused(registry.resolve("a"), 424) == "Adapter a is not registered"
    assert await registry.resolve("b") == "b"


async def test_what_was_never_loaded_is_unregistered_too(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    await registry.register(replace(a, preload=False))
    await registry.unregister("a")
    assert (engine.calls, registry.all()) == ([], ())


async def test_management_of_an_unknown_adapter(registry: Registry, a: Adapter) -> None:
    for work in (registry.unregister("a"), registry.update(a)):
        assert await refused(work, 404, ServerError) == "The adapter a was not found"


async def test_without_lora_no_adapter_is_registered(engine: LoraEngine, tmp_path: Path) -> None:
    registry = adapted(engine, tmp_path, enable_lora=False).adapters
    message = "Adapter a is not registered: LoRA is not enabled (option.enable_lora)"
    assert await refused(registry.resolve("a"), 424) == message


async def test_files_that_are_gone_are_not_asked_for(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    await registry.register(a)
    shutil.rmtree(a.src)
    assert "it does not exist" in await refused(registry.resolve("a"), 424)


async def test_who_leaves_while_it_loads_has_registered_it(engine: LoraEngine, registry: Registry, a: Adapter) -> None:
    engine.loads.clear()
    registering = asyncio.create_task(registry.register(a))
    while not engine.calls:
        await asyncio.sleep(0)
    registering.cancel()
    engine.loads.set()
    async with asyncio.timeout(10):
        while "a" not in registry:
            await asyncio.sleep(0)
    assert engine.loaded == {"a": a.src}


async def test_a_name_is_not_used_again_while_requests_run_on_it(
    engine: LoraEngine, tmp_path: Path, a: Adapter, b: Adapter
) -> None:
    worker = adapted(engine, tmp_path)
    await worker.adapters.register(a)
    engine.answers.clear()
    running = asyncio.create_task(Client(worker.app).post("/v1/completions", {"model": "a"}))
    while ("complete", "a") not in engine.calls:
        await asyncio.sleep(0)
    await worker.adapters.unregister("a")
    again = asyncio.create_task(worker.adapters.register(replace(b, name="a")))
    for _ in range(100):
        await asyncio.sleep(0)
    assert engine.loaded == {}
    engine.answers.set()
    assert (await running)[0] == 200
    await again
    assert Path(engine.loaded["a"]) == Path(b.src)


async def test_requests_without_end_keep_their_adapters_name(
    engine: LoraEngine, tmp_path: Path, a: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    worker = adapted(engine, tmp_path)
    await worker.adapters.register(a)
    engine.answers.clear()
    running = asyncio.create_task(Client(worker.app).post("/v1/completions", {"model": "a"}))
    while ("complete", "a") not in engine.calls:
        await asyncio.sleep(0)
    await worker.adapters.unregister("a")
    assert "Requests still run on the adapter a" in await refused(worker.adapters.register(a), 409)
    engine.answers.set()
    await running


async def test_adapters_from_the_start(tmp_path: Path) -> None:
    engine = LoraEngine(one="/one")
    adapter_in(tmp_path / "one")
    start = {"name": "one", "path": str(tmp_path / "one")}
    registry = adapted(engine, tmp_path, lora_modules=(start,)).adapters
    assert registry.all() == (Adapter("one", str(tmp_path / "one")),)
    assert await registry.resolve("one") == "one"
    assert engine.calls == []


async def test_an_adapter_that_the_engine_took_from_the_hub(tmp_path: Path) -> None:
    engine = LoraEngine(one="org/one")
    registry = adapted(engine, tmp_path, lora_modules=({"name": "one", "path": "org/one"},)).adapters
    assert await registry.resolve("one") == "one"
    await registry.update(Adapter("one", "org/one", pin=True))
    await registry.unregister("one")
    await refused(registry.register(Adapter("one", "org/one")), 424)


async def test_the_next_engine_has_the_same_adapters(tmp_path: Path, a: Adapter, b: Adapter) -> None:
    start = {"name": "one", "path": adapter_in(tmp_path / "one")}
    before = adapted(LoraEngine(one=start["path"]), tmp_path, lora_modules=(start,)).adapters
    await before.register(a)
    await before.register(replace(b, preload=False))
    await before.unregister("one")

    engine = LoraEngine(one=start["path"])
    after = adapted(engine, tmp_path, lora_modules=(start,)).adapters
    await after.restored()
    assert after.all() == (a, replace(b, preload=False))
    assert engine.loaded == {"a": a.src}
    await after.resolve("b")
    assert set(engine.loaded) == {"a", "b"}
    assert "one" not in after


async def test_the_next_engine_does_without_what_it_cannot_load(
    tmp_path: Path, a: Adapter, b: Adapter, caplog: pytest.LogCaptureFixture
) -> None:
    before = adapted(LoraEngine(), tmp_path).adapters
    await before.register(a)
    await before.register(b)
    shutil.rmtree(a.src)
    engine = LoraEngine()
    after = adapted(engine, tmp_path).adapters
    assert await after.resolve("b") == "b"
    assert engine.loaded == {"b": b.src}
    assert "after the engine's death: Only local LoRA models are supported" in caplog.text
    await refused(after.resolve("a"), 424)
