from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsers.fixtures import browser as browser
from tests.browsers.fixtures import complaints as complaints
from tests.browsers.fixtures import tab as tab
from tests.browsers.serving import serve
from tests.gateway.browser.serving import gateway
from tests.gateway.browser.worker import Worker


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a gateway is that needs no key and has no jobs yet."""
    with serve(lambda: gateway(tmp_path / "jobs.db")) as address:
        yield address


@pytest.fixture
def worker(address: str) -> Iterator[Worker]:
    with Worker(address) as worker:
        yield worker
