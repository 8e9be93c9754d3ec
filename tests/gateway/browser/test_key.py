from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsers.serving import serve
from tests.gateway.browser.serving import gateway

KEY = "two words \N{GREEK SMALL LETTER KAPPA}"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a gateway is that needs a key."""
    with serve(lambda: gateway(tmp_path / "jobs.db", KEY)) as address:
        yield address


@pytest.fixture
def asked(tab: Page, address: str) -> Page:
    """The page, which asks for the key."""
    tab.goto(address)
    expect(tab.get_by_role("dialog")).to_be_visible()
    expect(tab.locator("#key-input")).to_be_focused()
    return tab


def enter(page: Page, key: str) -> None:
    page.locator("#key-input").fill(key)
    page.keyboard.press("Enter")


def test_the_key_opens_the_page_and_is_kept_for_the_tab_only(asked: Page, address: str) -> None:
    enter(asked, KEY)

    expect(asked.locator("#link-text")).to_have_text("live")
    asked.reload()
    expect(asked.locator("#link-text")).to_have_text("live")
    assert asked.evaluate("Object.values(sessionStorage)") == [KEY]
    assert asked.evaluate("localStorage.length") == 0
    assert asked.evaluate("document.cookie") == ""
    assert KEY not in asked.content()


def test_a_wrong_key_is_refused(asked: Page) -> None:
    enter(asked, "wrong")
    expect(asked.locator("#key-fault")).to_have_text("The gateway has refused that key.")

    enter(asked, KEY)
    expect(asked.locator("#link-text")).to_have_text("live")


def test_no_key_is_not_a_key(asked: Page) -> None:
    enter(asked, "  ")

    expect(asked.locator("#key-fault")).to_have_text("Type the key first.")


@pytest.mark.parametrize("way", ["Escape", "Not now"])
def test_who_has_no_key_is_left_alone(asked: Page, way: str) -> None:
    if way == "Escape":
        asked.keyboard.press("Escape")
    else:
        asked.get_by_role("button", name=way).click()

    expect(asked.locator("#notice-text")).to_have_text("The gateway wants a key.")
    asked.wait_for_timeout(1500)
    expect(asked.get_by_role("dialog")).to_be_hidden()

    asked.get_by_role("button", name="Enter a key").click()
    enter(asked, KEY)
    expect(asked.locator("#notice")).to_be_hidden()


def test_the_key_is_forgotten(asked: Page) -> None:
    enter(asked, KEY)
    asked.get_by_role("button", name="Forget the key").click()

    expect(asked.get_by_role("dialog")).to_be_visible()
    assert asked.evaluate("sessionStorage.length") == 0
