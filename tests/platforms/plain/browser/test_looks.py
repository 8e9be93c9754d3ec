from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.platforms.plain.browser.engine import Engine, delta

LONG = "word " * 40 + "x" * 300


def rendered(page: Page, engine: Engine) -> None:
    """A page with a conversation that is wider than any screen."""
    page.locator("#chat-text").fill(LONG)
    page.locator("#chat-text").press("Enter")
    engine.asked()
    engine.says(delta(LONG))
    engine.ends()
    expect(page.locator(".turn.assistant .said")).to_have_text(LONG.strip())


@pytest.mark.parametrize("width", [320, 375, 600, 900, 1080, 1920])
def test_nothing_is_wider_than_the_window(shown: Page, engine: Engine, width: int) -> None:
    shown.set_viewport_size({"width": width, "height": 720})
    shown.locator("#options summary").click()
    rendered(shown, engine)

    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("#chat-text", "#chat-send", "#code", "#live-title"):
        box = shown.locator(name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_it_is_as_light_as_the_system(
    browser: Browser, address: str, scheme: Literal["light", "dark"], light: bool
) -> None:
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(address)
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")

    channels = [int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
    assert (min(channels) > 200) is light


def test_every_control_has_a_name(shown: Page) -> None:
    nameless = shown.evaluate(
        """() => [...document.querySelectorAll('button, input, select, textarea, progress, svg, table')]
            .filter((each) => !(each.labels?.length || each.ariaLabel || each.textContent.trim()
                || each.hasAttribute('aria-labelledby') || each.closest('[hidden], dialog')))
            .map((each) => each.outerHTML)"""
    )

    assert nameless == []


def test_the_keyboard_reaches_everything(shown: Page) -> None:
    shown.locator("body").click(position={"x": 5, "y": 5})
    reached = set()
    for _ in range(16):
        shown.keyboard.press("Tab")
        reached.add(shown.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))

    assert {"Skip to the model", "model", "chat-clear", "chat-log", "chat-text", "chat-send", "code", "copy"} <= reached
