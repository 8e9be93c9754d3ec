from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsers.fixtures import browser as browser
from tests.browsers.fixtures import complaints as complaints
from tests.browsers.fixtures import tab as tab
from tests.browsers.serving import serve
from tests.platforms.plain.browser.engine import Engine, Worker


@pytest.fixture
def engine() -> Engine:
    """One that chats."""
    return Engine("generate")


@pytest.fixture
def worker(engine: Engine) -> Worker:
    """One that serves and needs no key."""
    worker = Worker(engine)
    worker.serves()
    return worker


@pytest.fixture
def address(worker: Worker) -> Iterator[str]:
    """Where the worker is."""
    with serve(worker.opened) as address:
        yield address


@pytest.fixture
def shown(tab: Page, address: str) -> Page:
    """The page of a worker that is ready."""
    tab.goto(address)
    expect(tab.locator("#link-text")).to_have_text("ready")
    expect(tab.locator("#model-field, #texts-view:visible").first).to_be_visible()
    return tab
