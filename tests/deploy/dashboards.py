"""What a Grafana dashboard asks Prometheus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "dragoman.json"
METRIC = re.compile(r"\b(?:dragoman|vllm)[:_][a-z0-9_]+")
SELECTOR = re.compile(r"([a-z0-9_:]+)\{([^}]*)\}")
LABEL = re.compile(r"([a-z_]+)(?:=~|!~|!=|=)\"")
GROUPED = re.compile(r"by \(([^)]*)\) \(.*?((?:dragoman|vllm)[:_][a-z0-9_]+)")
# Prometheus itself gives each series these.
TARGET = frozenset({"instance", "job"})


def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return document


def queries() -> list[str]:
    """Each query of each panel."""
    panels = dashboard()["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def metrics() -> set[str]:
    """The names that the queries ask for."""
    return {name for query in queries() for name in METRIC.findall(query)}


def labels() -> Iterator[tuple[str, str]]:
    """The names, each with a label that a query chooses or groups it by."""
    for query in queries():
        for name, chosen in SELECTOR.findall(query):
            yield from ((name, label) for label in LABEL.findall(chosen))
        for grouped, name in GROUPED.findall(query):
            yield from ((name, label.strip()) for label in grouped.split(","))
