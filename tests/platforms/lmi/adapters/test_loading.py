from pathlib import Path

import pytest

from dragoman.platforms.lmi.adapters.loading import Loader
from dragoman.platforms.lmi.errors import HandlerError
from tests.engines import FakeEngine
from tests.platforms.lmi.adapters.lora_engine import LoraEngine

pytestmark = pytest.mark.anyio


async def test_an_adapter_comes_and_goes() -> None:
    engine = LoraEngine()
    loader = Loader(engine)
    await loader.load("a", Path("/adapters/a"))
    assert engine.loaded == {"a": "/adapters/a"}
    await loader.unload("a")
    assert engine.loaded == {}


async def test_new_weights_in_an_old_place_are_told_from_the_old() -> None:
    engine = LoraEngine(a="/adapters/a")
    loader = Loader(engine)
    places = ["/adapters/a"]
    for _ in range(2):
        await loader.unload("a")
        await loader.load("a", Path("/adapters/a"))
        places.append(engine.loaded["a"])
    assert len(set(places)) == 3
    assert {Path(place) for place in places} == {Path("/adapters/a")}


@pytest.mark.parametrize(
    ("status", "said", "code", "message"),
    [
        (
            500,
            '{"error": {"message": "Call to add_lora method failed: LoRA rank 64 is greater than max_lora_rank 16."}}',
            424,
            "Adapter a cannot be loaded from /a: LoRA rank 64 is greater than max_lora_rank 16.",
        ),
        (500, '{"error": {"message": "two\\nlines"}}', 424, "Adapter a cannot be loaded from /a: two lines"),
        (
            500,
            '{"error": {"message": "CUDA out of memory."}}',
            507,
            "Adapter a cannot be loaded from /a: CUDA out of memory.",
        ),
        (500, "Internal Server Error", 424, "Adapter a cannot be loaded from /a: Internal Server Error"),
        (400, '{"detail": []}', 424, 'Adapter a cannot be loaded from /a: {"detail": []}'),
    ],
)
async def test_what_the_engine_refuses(status: int, said: str, code: int, message: str) -> None:
    engine = FakeEngine({"/v1/load_lora_adapter": (status, said)})
    with pytest.raises(HandlerError) as refused:
        await Loader(engine).load("a", Path("/a"))
    assert (refused.value.status, str(refused.value)) == (code, message)


async def test_an_engine_that_dies_of_it() -> None:
    engine = FakeEngine({"/v1/load_lora_adapter": (500, '{"error": {"message": "EngineCore encountered an issue."}}')})
    engine.well = False
    with pytest.raises(HandlerError, match="the engine has died") as refused:
        await Loader(engine).load("a", Path("/a"))
    assert refused.value.status == 500
