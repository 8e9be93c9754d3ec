"""The page in a browser, in front of the real engine."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browsers.fixtures import browser as browser
from tests.browsers.fixtures import complaints as complaints
from tests.browsers.fixtures import tab as tab
from tests.real.worker import PATIENCE, Worker

KEY = "secret"
START = PATIENCE * 1000
LAST = ".turn.assistant:last-child"


@pytest.fixture(scope="module")
def keyed(browser: Browser) -> Iterator[Worker]:
    """A worker that needs a key; it is being started when it is first used."""
    with Worker(variables={"DRAGOMAN_API_KEY": KEY}) as worker:
        yield worker


@pytest.fixture
def chat(tab: Page, keyed: Worker) -> Page:
    """The page of that worker, which is ready, with the key."""
    keyed.wait_ready()
    tab.goto(keyed.url)
    enter(tab)
    return tab


def enter(page: Page) -> None:
    page.locator("#key-input").fill(KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#model")).to_have_value("dragoman-mini")


def say(page: Page, text: str) -> None:
    page.locator("#chat-text").fill(text)
    page.locator("#chat-text").press("Enter")


def answered(page: Page) -> str:
    """Waits for the end of an answer, and returns it."""
    expect(page.locator(f"{LAST} .figures")).to_contain_text(" tokens")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    return page.locator(f"{LAST} .said").inner_text()


def set_option(page: Page, label: str, value: str) -> None:
    if not page.locator("#system").is_visible():
        page.locator("#options summary").click()
    page.get_by_label(label).fill(value)


def test_it_is_there_before_the_engine_and_becomes_a_chat(tab: Page, keyed: Worker) -> None:
    tab.goto(keyed.url)
    expect(tab.locator("#start-title")).to_have_text("The worker is starting")
    expect(tab.locator("#start-phase")).to_contain_text("importing")
    expect(tab.locator("#start-times")).to_contain_text("s so far")
    expect(tab.locator("#phases th").first).to_have_text("launching")
    expect(tab.get_by_role("button", name="Send")).to_be_disabled()

    expect(tab.get_by_role("dialog")).to_be_visible(timeout=START)
    enter(tab)

    expect(tab.locator("#start")).to_be_hidden()
    expect(tab.get_by_role("rowheader", name="warming up", exact=True)).to_be_visible()
    expect(tab.locator("#running")).to_have_text("0")
    expect(tab.locator("#cache")).to_have_text("0.0 %")


def test_a_conversation(chat: Page) -> None:
    set_option(chat, "Temperature", "0")
    set_option(chat, "Max tokens", "24")
    say(chat, "Hello! What is your name?")
    assert answered(chat)
    expect(chat.locator(f"{LAST} .figures")).to_contain_text("first token")
    expect(chat.locator("#rate-plot svg")).to_have_attribute("aria-label", re.compile(r"at most [1-9]"))

    say(chat, "And what is the capital of France?")
    assert answered(chat)
    expect(chat.locator(".turn")).to_have_count(4)


def test_the_programs_get_the_answer(chat: Page, keyed: Worker) -> None:
    set_option(chat, "Temperature", "0")
    set_option(chat, "Max tokens", "8")
    chat.locator("#chat-text").fill("Hello!")
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment = {**clean, "DRAGOMAN_API_KEY": KEY}
    curl = ["bash", "-c", chat.locator("#code").inner_text()]
    chat.get_by_role("button", name="Python").click()
    python = [sys.executable, "-c", chat.locator("#code").inner_text()]

    said = [
        subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout
        for command in (curl, python)
    ]

    chat.locator("#chat-text").press("Enter")
    assert said[1].strip() == answered(chat).strip()
    assert said[0].rstrip().endswith("data: [DONE]")


def endlessly(route: Route) -> None:
    """Has the model go on as long as it can: it may be done before anybody finds the button."""
    route.continue_(post_data={**(route.request.post_data_json or {}), "ignore_eos": True})


def test_an_answer_is_stopped(chat: Page, keyed: Worker) -> None:
    chat.route("**/v1/chat/completions", endlessly)
    say(chat, "Tell me a very long story.")
    expect(chat.locator(f"{LAST} .said")).not_to_be_empty()

    chat.get_by_role("button", name="Stop").click()

    expect(chat.locator(f"{LAST} .note")).to_have_text("Stopped.")
    expect(chat.locator("#running")).to_have_text("0")


def test_a_refusal_says_what_to_do(chat: Page) -> None:
    set_option(chat, "Max tokens", "100000000")
    say(chat, "Hello!")

    expect(chat.locator(f"{LAST} .note")).to_contain_text("Clear the conversation, or ask for fewer tokens.")
    expect(chat.locator("#chat-text")).to_have_value("Hello!")


def test_it_fits_a_telephone_in_the_dark(browser: Browser, keyed: Worker) -> None:
    keyed.wait_ready()
    with browser.new_context(color_scheme="dark", viewport={"width": 375, "height": 667}) as context:
        page = context.new_page()
        page.goto(keyed.url)
        enter(page)
        set_option(page, "Max tokens", "16")
        say(page, "Hello!")
        assert answered(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 21, 23)"


def test_after_the_engines_death_it_goes_on_by_itself(chat: Page, keyed: Worker) -> None:
    set_option(chat, "Max tokens", "16")
    say(chat, "Hello!")
    assert answered(chat)

    keyed.family()["EngineCore"].kill()

    expect(chat.locator("#start-title")).to_have_text("The engine is being started again")
    expect(chat.locator("#start")).to_be_hidden(timeout=START)
    expect(chat.locator(".turn")).to_have_count(2)
    say(chat, "Are you there?")
    assert answered(chat)
    expect(chat.locator("#phases th").first).to_have_text("restarting")


def test_a_model_that_does_not_chat_has_another_form(tab: Page) -> None:
    with Worker("--runner", "pooling", "--convert", "embed") as worker:
        tab.goto(worker.url)
        expect(tab.get_by_role("heading", name="Embeddings")).to_be_visible(timeout=START)

        tab.get_by_role("button", name="Send").click()

        expect(tab.locator("#texts-table tbody tr")).to_have_count(3)
        expect(tab.locator("#texts-table tbody tr").first).to_contain_text("1.000")
