from collections.abc import Callable, Iterator

import pytest

from dragoman.platforms.datarobot.hooks import Hook, Hooks, keep
from tests.platforms.datarobot.engines import VllmLike


@pytest.fixture
def engine(anyio_backend: str) -> VllmLike:
    return VllmLike()


@pytest.fixture
def hooked() -> Iterator[Callable[..., None]]:
    """Makes functions the hooks of custom.py by their names, around the model `the model`."""

    def hook(**functions: Callable[..., object]) -> None:
        hooks = {name: Hook(name, function) for name, function in functions.items()}
        keep(Hooks(**hooks, model="the model"))

    yield hook
    keep(Hooks())
