import re

import pytest
from playwright.sync_api import Page, expect

from dragoman.serving.lifecycle import Status
from tests.platforms.plain.browser.engine import Engine, Worker
from tests.serving.places import FakePlaces

METRICS = """# HELP vllm:num_requests_running Number of requests
vllm:num_requests_running{{engine="0",model_name="a \\"b\\""}} 2.0
vllm:num_requests_running{{engine="1",model_name="m"}} 1.0
vllm:num_requests_waiting{{engine="0"}} 4.0
vllm:kv_cache_usage_perc{{engine="0"}} 0.125
vllm:kv_cache_usage_perc{{engine="1"}} 0.034
vllm:generation_tokens_total{{engine="0"}} {tokens}
"""


@pytest.fixture
def engine() -> Engine:
    engine = Engine("generate")
    engine.metrics = METRICS.format(tokens=1e3)
    return engine


def test_the_queue_and_the_cache_are_shown(shown: Page, worker: Worker) -> None:
    expect(shown.locator("#running")).to_have_text("3")
    expect(shown.locator("#waiting")).to_have_text("4")
    expect(shown.locator("#cache")).to_have_text("13 %")

    worker.metrics.watch(FakePlaces(waiting=5, taken=3))

    expect(shown.locator("#waiting")).to_have_text("9")
    expect(shown.locator("#queue-plot svg")).to_have_attribute(
        "aria-label", "The last two minutes: 9 requests wait and 3 run now; at most 9 of either"
    )
    expect(shown.locator("#queue-plot .top")).to_have_text("10")


def test_the_rate_is_of_what_has_come_since(shown: Page, engine: Engine) -> None:
    expect(shown.locator("#rate")).to_have_text("0.0")

    engine.metrics = METRICS.format(tokens=3e3)

    expect(shown.locator("#rate-plot svg")).to_have_attribute("aria-label", re.compile(r"at most \d{3,}\.\d"))


def test_a_worker_that_tells_less_shows_less(shown: Page, engine: Engine) -> None:
    engine.metrics = ""
    shown.reload()

    expect(shown.locator("#link-text")).to_have_text("ready")
    expect(shown.locator("#running")).to_have_text("\N{EN DASH}")


def test_the_boot_timeline_is_beside_the_one_before(shown: Page, worker: Worker) -> None:
    phases = [
        {"name": "importing", "begins": 0.0, "seconds": 8.0},
        {"name": "downloading", "begins": 1.0, "seconds": 3.0},
        {"name": "loading", "begins": 8.0, "seconds": 2.0},
    ]
    worker.metrics.booted({"importing": 8.0}, {"importing": 9.0, "loading": 2.25})
    worker.lifecycle.boot = {"phases": phases, "total": 10.0, "last_total": 20.0}

    expect(shown.locator("#boot-told")).to_have_text("10.0 s, 20.0 s last time")
    expect(shown.locator("#phases tr")).to_have_text(
        ["importing8.00 s9.00 s", "downloading3.00 s\N{EN DASH}", "loading2.00 s2.25 s"]
    )
    bars = shown.locator("#phases rect")
    assert [(bars.nth(i).get_attribute("x"), bars.nth(i).get_attribute("width")) for i in range(3)] == [
        ("0", "40"),
        ("5", "15"),
        ("40", "10"),
    ]


def test_the_figures_look_old_when_they_are(shown: Page, worker: Worker) -> None:
    worker.lifecycle.enter(Status.RESTARTING)

    expect(shown.locator("body")).to_have_class("stale")


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("a 1", [{"name": "a", "labels": {}, "value": 1}]),
        (
            'a:b_total{c="d\\"e",f="g,h"} 1.5e+06',
            [{"name": "a:b_total", "labels": {"c": 'd\\"e', "f": "g,h"}, "value": 1.5e6}],
        ),
        ("# HELP a b\n# TYPE a gauge\n\n", []),
        ("nonsense", []),
    ],
)
def test_metrics_are_read(shown: Page, text: str, samples: list[object]) -> None:
    assert shown.evaluate("async (text) => (await import('/page/metrics.js')).parse(text)", text) == samples
