from collections import defaultdict
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.observed import Observed
from dragoman.serving.observing.request_context import refused
from tests.deploy.dashboards import TARGET, dashboard, labels, metrics, queries
from tests.engines import FakeEngine
from tests.serving.exchanges import asked, body, head, saying, scope
from tests.serving.places import FakePlaces

pytestmark = pytest.mark.anyio

# What vLLM 0.32.0 tells after a chat with the bundled model; tests/real compares it with the installed one.
ENGINE = Path(__file__).with_name("vllm_metrics.txt")


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    refused("body")
    await saying(head(413), body(b"too large"))(scope, receive, send)


async def exposed() -> dict[str, set[str]]:
    """The names and labels of a worker that has done a bit of everything."""
    worker = WorkerMetrics("plain", 0)
    worker.ready(2.0)
    worker.booted({"loading": 1.0}, {"loading": 2.0})
    worker.watch(FakePlaces(waiting=1, taken=1))
    await asked(Observed(refusing, [worker]), scope())
    engine = FakeEngine({"/metrics": (200, ENGINE.read_text())})
    text = bytes((await worker.response(Client(engine.app), b"")).body).decode()
    told: defaultdict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            told[sample.name] |= sample.labels.keys()
    return told


async def test_every_metric_that_a_panel_asks_for_exists() -> None:
    assert metrics() - (await exposed()).keys() == set()


async def test_every_label_that_a_panel_asks_for_exists() -> None:
    told = await exposed()
    assert [(name, label) for name, label in labels() if label not in told[name] | TARGET] == []


async def test_every_metric_of_the_workers_own_is_shown() -> None:
    own = {name for name in await exposed() if name.startswith("dragoman_")}
    shown = {name.removesuffix("_bucket") for name in metrics()}
    assert {name for name in own if not name.endswith(("_created", "_count", "_sum", "_bucket"))} - shown == set()


def test_queries_are_well_formed() -> None:
    assert all(query.count("(") == query.count(")") and query.count("{") == query.count("}") for query in queries())


def test_panels_have_names_places_and_ids_of_their_own() -> None:
    panels = dashboard()["panels"]
    for key in ("id", "gridPos"):
        values = [str(panel[key]) for panel in panels]
        assert len(set(values)) == len(values)
    assert all(panel["title"] for panel in panels)
