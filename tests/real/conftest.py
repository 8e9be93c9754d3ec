from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pytest

from tests.real.worker import Worker

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """The bundled model, served with nothing but defaults."""
    with Worker() as worker:
        yield worker.wait_ready()


@pytest.fixture
def client(worker: Worker) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(worker: Worker) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=worker.url, api_key="unused", max_retries=0) as client:
        yield client
