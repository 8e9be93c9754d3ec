from pathlib import Path
from typing import Any

import pytest

from dragoman.platforms.lmi.adapters.choice import resolved, without
from dragoman.platforms.lmi.errors import HandlerError
from tests.platforms.lmi.adapters.lora_engine import LoraEngine, adapted, adapter_in

pytestmark = pytest.mark.anyio


def named(name: str) -> dict[str, str]:
    return {"x-amzn-sagemaker-adapter-identifier": name}


@pytest.fixture
def start(tmp_path: Path) -> dict[str, Any]:
    """The adapters that the engine starts with."""
    return {"lora_modules": tuple({"name": name, "path": adapter_in(tmp_path / name)} for name in ("one", "two"))}


async def asked_for(
    tmp_path: Path, start: dict[str, Any], content: dict[str, Any], headers: dict[str, str], query: dict[str, str]
) -> str | None:
    engine = LoraEngine(**{module["name"]: module["path"] for module in start["lora_modules"]})
    return await resolved(adapted(engine, tmp_path, **start).adapters, content, headers, query)


@pytest.mark.parametrize(
    ("content", "headers", "query", "name"),
    [
        ({}, {}, {}, None),
        ({"adapters": "one"}, {}, {}, "one"),
        ({"adapters": "one", "inputs": ["a", "b"]}, {}, {}, "one"),
        ({"adapters": ["one"]}, {}, {}, "one"),
        ({"adapters": ["one"], "inputs": [1, 2, 3]}, {}, {}, "one"),
        ({"adapters": ["one", "one"], "inputs": ["a", "b"]}, {}, {}, "one"),
        ({"adapters": ["one", "one"], "prompt": [[1], [2]]}, {}, {}, "one"),
        ({"adapters": ""}, {}, {}, None),
        ({"adapters": None}, {}, {}, None),
        ({"adapters": [], "inputs": ["a", "b"]}, {}, {}, None),
        ({"adapters": ["", None], "inputs": ["a", "b"]}, {}, {}, None),
        ({}, named("two"), {}, "two"),
        ({"adapters": "one"}, named("two"), {}, "two"),
        ({"adapters": "one"}, named(""), {}, "one"),
        ({}, {}, {"adapter": "two"}, "two"),
        ({"adapters": "one"}, {}, {"adapter": "two"}, "one"),
        ({"model": "one"}, {}, {}, "one"),
        ({"model": "one"}, named("two"), {}, "two"),
        ({"model": "gpt-4"}, {}, {}, None),
        ({"model": 7}, {}, {}, None),
    ],
)
async def test_an_adapter_is_asked_for(
    tmp_path: Path,
    start: dict[str, Any],
    content: dict[str, Any],
    headers: dict[str, str],
    query: dict[str, str],
    name: str | None,
) -> None:
    assert await asked_for(tmp_path, start, content, headers, query) == name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"adapters": "three"}, "three is not registered"),
        ({"adapters": 7}, "adapters must be the name of an adapter"),
        ({"adapters": [{}]}, "adapters must be the name of an adapter"),
        ({"adapters": ["one", "two"], "inputs": ["a", "b"]}, "All inputs of one request must be for the same adapter"),
        ({"adapters": ["one", ""], "inputs": ["a", "b"]}, "All inputs of one request must be for the same adapter"),
        ({"adapters": ["one"], "inputs": ["a", "b"]}, "adapters must have a name for each input: 2, not 1"),
        ({"adapters": ["one", "one"], "inputs": "a"}, "adapters must have a name for each input: 1, not 2"),
        ({"adapters": ["one", "one"], "inputs": [1, 2]}, "adapters must have a name for each input: 1, not 2"),
    ],
)
async def test_what_is_no_adapter_is_refused(
    tmp_path: Path, start: dict[str, Any], content: dict[str, Any], message: str
) -> None:
    with pytest.raises(HandlerError, match=message) as refused:
        await asked_for(tmp_path, start, content, {}, {})
    assert refused.value.status == 424


def test_the_engine_does_not_see_what_only_lmi_knows() -> None:
    assert without({"adapters": "one", "messages": []}) == {"messages": []}
