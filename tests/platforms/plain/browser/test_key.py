from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsers.serving import serve
from tests.platforms.plain.browser.engine import Engine, Worker, delta

KEY = "two words \N{GREEK SMALL LETTER KAPPA}"


@pytest.fixture
def address(engine: Engine) -> Iterator[str]:
    """Where a worker is that needs a key."""
    worker = Worker(engine, "other", KEY)
    worker.serves()
    with serve(worker.opened) as address:
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


def test_the_key_opens_the_page_and_is_kept_for_the_tab_only(asked: Page, engine: Engine) -> None:
    enter(asked, KEY)
    expect(asked.locator("#model")).to_have_value("mini")

    asked.reload()
    expect(asked.locator("#model")).to_have_value("mini")
    asked.locator("#chat-text").fill("Hello")
    asked.locator("#chat-text").press("Enter")
    engine.asked()
    engine.says(delta("Good"))
    engine.ends()

    expect(asked.locator(".turn.assistant .said")).to_have_text("Good")
    assert asked.evaluate("Object.values(sessionStorage)") == [KEY]
    assert asked.evaluate("localStorage.length") == 0
    assert asked.evaluate("document.cookie") == ""
    assert KEY not in asked.content()
    assert "?" not in asked.url


def test_programs_name_the_key_and_do_not_show_it(asked: Page) -> None:
    enter(asked, KEY)
    expect(asked.locator("#model")).to_have_value("mini")

    expect(asked.locator("#code")).to_contain_text("Bearer ${DRAGOMAN_API_KEY%%,*}")
    asked.get_by_role("button", name="Python").click()
    expect(asked.locator("#code")).to_contain_text('os.environ["DRAGOMAN_API_KEY"]')
    expect(asked.locator("#code-key")).to_be_visible()


def test_a_wrong_key_is_refused(asked: Page) -> None:
    enter(asked, "wrong")
    expect(asked.locator("#key-fault")).to_have_text("The worker has refused that key.")

    enter(asked, KEY)
    expect(asked.locator("#model")).to_have_value("mini")


def test_who_has_no_key_still_sees_how_the_worker_is(asked: Page) -> None:
    asked.get_by_role("button", name="Not now").click()

    expect(asked.locator("#notice-text")).to_have_text("The worker wants a key.")
    expect(asked.locator("#link-text")).to_have_text("ready")
    asked.wait_for_timeout(1500)
    expect(asked.get_by_role("dialog")).to_be_hidden()

    asked.get_by_role("button", name="Enter a key").click()
    enter(asked, KEY)
    expect(asked.locator("#notice")).to_be_hidden()
    expect(asked.locator("#model")).to_have_value("mini")


def test_the_key_is_forgotten(asked: Page) -> None:
    enter(asked, KEY)
    asked.get_by_role("button", name="Forget the key").click()

    expect(asked.get_by_role("dialog")).to_be_visible()
    assert asked.evaluate("sessionStorage.length") == 0
