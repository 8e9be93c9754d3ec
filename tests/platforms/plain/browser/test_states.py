import pytest
from playwright.sync_api import Page, expect

from dragoman.serving.lifecycle import Status
from tests.browsers.serving import serve
from tests.platforms.plain.browser.engine import Engine, Json, Worker, delta

PHASES = [
    {"name": "launching", "begins": 0.0, "seconds": 0.5},
    {"name": "importing", "begins": 0.5, "seconds": 3.0},
    {"name": "downloading", "begins": 0.6, "seconds": 1.2},
]


def boot(total: float, last: float | None) -> Json:
    return {"phases": PHASES, "total": total, "last_total": last}


@pytest.fixture
def worker(engine: Engine) -> Worker:
    """One that starts."""
    worker = Worker(engine)
    worker.starts(Status.STARTING, "importing, downloading org/name: 1.2 of 4.4 GB (27 %)", boot(3.5, 12.6))
    return worker


@pytest.fixture
def starting(tab: Page, address: str) -> Page:
    tab.goto(address)
    expect(tab.locator("#link-text")).to_have_text("starting")
    return tab


def test_while_it_starts_the_page_says_what_it_does_and_how_long_that_will_take(starting: Page) -> None:
    expect(starting.locator("#start-title")).to_have_text("The worker is starting")
    expect(starting.locator("#start-phase")).to_have_text("importing, downloading org/name: 1.2 of 4.4 GB (27 %)")
    expect(starting.locator("#start-times")).to_have_text(
        "4 s so far, 3 s of it in this phase; about 9 s to go, as it took 12.6 s last time."
    )
    expect(starting.get_by_role("progressbar")).to_have_attribute("value", "3.5")
    expect(starting.locator("#phases th")).to_have_text(["launching", "importing", "downloading"])
    expect(starting.get_by_role("button", name="Send")).to_be_disabled()


@pytest.mark.parametrize(
    ("total", "last", "told"),
    [
        (3.5, None, "4 s so far, 3 s of it in this phase."),
        (20.0, 12.6, "20 s so far, 3 s of it in this phase; it took 12.6 s last time."),
    ],
)
def test_what_nobody_knows_is_not_told(starting: Page, total: float, last: float | None, told: str) -> None:
    text = starting.evaluate("async (boot) => (await import('/page/start.js')).times(9, boot)", boot(total, last))

    assert text == told


def test_it_becomes_a_chat_by_itself(starting: Page, worker: Worker, engine: Engine) -> None:
    starting.locator("#chat-text").fill("Hello")
    starting.locator("#chat-text").press("Enter")
    expect(starting.locator(".turn")).to_have_count(0)

    worker.serves(boot(12.0, 12.6))

    expect(starting.locator("#start")).to_be_hidden()
    expect(starting.locator("#model")).to_have_value("mini")
    starting.locator("#chat-text").press("Enter")
    assert engine.asked()["messages"][0]["content"] == "Hello"
    engine.says(delta("Good"))
    engine.ends()
    expect(starting.locator(".turn.assistant .said")).to_have_text("Good")


def test_a_restart_is_shown_and_the_conversation_stays(starting: Page, worker: Worker, engine: Engine) -> None:
    worker.serves()
    expect(starting.locator("#model")).to_have_value("mini")
    starting.locator("#chat-text").fill("Hello")
    starting.locator("#chat-text").press("Enter")
    engine.asked()
    engine.says(delta("Good"))
    expect(starting.locator(".turn.assistant .said")).to_have_text("Good")

    engine.dies()
    worker.starts(Status.RESTARTING, "loading the model", boot(1.0, None))
    expect(starting.locator("#start-title")).to_have_text("The engine is being started again")
    expect(starting.locator("#start-phase")).to_have_text("loading the model")
    expect(starting.locator(".turn.assistant .note")).to_contain_text("broken off")

    worker.serves()
    expect(starting.locator("#start")).to_be_hidden()
    expect(starting.locator(".turn.assistant .said")).to_have_text("Good")
    expect(starting.get_by_role("button", name="Send")).to_be_enabled()


@pytest.mark.parametrize(
    ("status", "title"),
    [(Status.WAITING, "The engine does not answer"), (Status.DRAINING, "The worker is ending")],
)
def test_other_states_are_told(starting: Page, worker: Worker, status: Status, title: str) -> None:
    worker.lifecycle.enter(status)
    worker.engine.well = False

    expect(starting.locator("#start-title")).to_have_text(title)
    expect(starting.get_by_role("progressbar")).to_be_hidden()


def test_a_worker_that_is_gone_is_told(tab: Page, worker: Worker) -> None:
    worker.serves()
    with serve(worker.opened) as address:
        tab.goto(address)
        expect(tab.locator("#link-text")).to_have_text("ready")

    expect(tab.locator("#start-title")).to_have_text("The worker cannot be reached")
    expect(tab.locator("#link-text")).to_have_text("not reached")
