"""A browser, and tabs that must not complain."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE: ViewportSize = {"width": 1400, "height": 900}

expect.set_options(timeout=20_000)


def chromium() -> str:
    """Where the browser is; a test that wants it is skipped without one, or fails where it was to be there."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    reason = f"no browser: install one of {', '.join(NAMES)}"
    if os.environ.get("DRAGOMAN_TEST_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for each module: its event loop must not outlive it, other tests have theirs."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: failures of scripts, and what the page's policy has blocked."""
    return []


@pytest.fixture
def tab(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A tab of a window of its own, which must not have complained by the end."""
    context = browser.new_context(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.on("console", lambda message: complaints.extend(complaint(message)))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def complaint(message: ConsoleMessage) -> list[str]:
    """Errors, but those of requests: the page itself has to tell of these."""
    failed = message.text.startswith("Failed to load resource")
    return [message.text] if message.type == "error" and not failed else []
