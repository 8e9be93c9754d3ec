import os
import subprocess
import sys
from typing import Any

import orjson
import pytest

from dragoman.cgroups import ContainerMemory
from dragoman.platforms.datarobot.routes import stats as module
from dragoman.platforms.datarobot.routes.stats import stats

MB = 1024 * 1024


def told(monkeypatch: pytest.MonkeyPatch, container: ContainerMemory | None) -> dict[str, Any]:
    monkeypatch.setattr(module, "container_memory", lambda: container)
    content: dict[str, Any] = orjson.loads(bytes(stats().body))
    return content


def test_figures_have_drums_names(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = told(monkeypatch, None)
    nulls = {"container_limit": None, "container_max_used": None, "container_used": None}
    assert nulls.items() <= figures["mem_info"].items()
    assert set(figures["mem_info"]) == {"total", "avail", "free", "drum_rss", *nulls}
    times = {"min": None, "max": None, "avg": None, "total": None}
    assert figures["time_info"] == {"run_predictor_total": times}


def test_a_containers_limit_says_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = told(monkeypatch, ContainerMemory(1000 * MB, 300 * MB, 400 * MB))["mem_info"]
    told_ = {"container_limit": 1000, "container_used": 300, "container_max_used": 400, "avail": 700, "free": 700}
    assert told_.items() <= memory.items()


def test_a_container_without_a_limit_leaves_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = told(monkeypatch, ContainerMemory(None, 300 * MB, None))["mem_info"]
    assert (memory["container_limit"], memory["container_max_used"], memory["container_used"]) == (None, None, 300)
    assert 0 < memory["avail"] <= memory["total"]


def test_processes_are_this_one_and_those_that_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()", "a key"], stdin=subprocess.PIPE) as child:
        figures = told(monkeypatch, None)
        child.communicate()
    processes = {process["pid"]: process for process in figures["drum_info"]}
    assert {os.getpid(), child.pid} <= processes.keys()
    assert all(process["mem"] > 0 and process["cpu_percent"] >= 0 for process in processes.values())
    assert processes[child.pid]["cmdline"] == [sys.executable]
    assert figures["mem_info"]["drum_rss"] == pytest.approx(sum(process["mem"] for process in processes.values()))
