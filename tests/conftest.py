from collections.abc import AsyncIterator

import pytest

from tests.clock import Clock
from tests.upstream import Upstream


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that the worker's processes run on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def upstream(anyio_backend: str) -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which lifecycles are told."""
    clock = Clock()
    monkeypatch.setattr("dragoman.serving.lifecycle.time", clock)
    return clock
