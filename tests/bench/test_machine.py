import os

import pytest

from bench import machine
from bench.machine import Noise

CORES = os.cpu_count() or 1
QUIET = Noise(load_average=0.1, busy=0.01)


def test_a_quiet_machine_gives_no_warning() -> None:
    assert machine.warnings([QUIET, QUIET]) == []


def test_a_high_load_average_counts_at_the_start() -> None:
    loaded = Noise(load_average=CORES * 0.6, busy=0.0)
    assert len(machine.warnings([loaded, QUIET])) == 1
    assert machine.warnings([QUIET, loaded]) == []


def test_others_that_use_the_processors_count_before_any_visit() -> None:
    [warning] = machine.warnings([QUIET, Noise(load_average=0.0, busy=0.4), QUIET])
    assert "40%" in warning
    assert "1 of 3" in warning


def test_facts_name_the_versions() -> None:
    facts = machine.facts()
    assert facts["cores"] == CORES
    assert {"date", "cpu", "memory_mib", "python", "vllm", "torch", "ray", "dragoman"} <= facts.keys()


def test_what_is_installed_has_a_version() -> None:
    assert machine.installed("pytest") == pytest.__version__
    assert machine.installed("no-such-distribution") is None
