from collections.abc import AsyncIterator

import pytest

from tests.cluster.replicas import Replica


@pytest.fixture
async def replicas(anyio_backend: str) -> AsyncIterator[tuple[Replica, Replica]]:
    async with Replica("a") as a, Replica("b") as b:
        yield a, b
