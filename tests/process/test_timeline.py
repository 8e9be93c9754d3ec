import pytest

from dragoman.process.timeline import Boot, BootPhase, BootReport, Timeline
from tests.clock import Clock


def timeline(clock: Clock) -> Timeline:
    return Timeline(clock.now, "launching", lambda: clock.now)


def told(boot: Boot) -> list[tuple[str, float, float]]:
    return [(phase.name, phase.begins, phase.seconds) for phase in boot.phases]


def test_phases_follow_each_other() -> None:
    clock = Clock()
    line = timeline(clock)
    for name, seconds in [("importing", 0.5), ("configuring", 8), ("configuring", 1)]:
        clock.now += seconds
        line.enter(name)
    clock.now += 1
    boot = line.boot()
    assert told(boot) == [("launching", 0, 0.5), ("importing", 0.5, 8), ("configuring", 8.5, 2)]
    assert boot.seconds == 10.5


def test_a_download_goes_on_beside_them() -> None:
    clock = Clock()
    line = timeline(clock)
    clock.now += 1
    line.enter("importing")
    line.begin_download()
    clock.now += 3
    line.begin_download()
    line.end_download()
    clock.now += 5
    assert told(line.boot()) == [("launching", 0, 1), ("importing", 1, 8), ("downloading", 1, 3)]


def test_without_a_download_its_end_is_nothing() -> None:
    line = timeline(Clock())
    line.end_download()
    assert told(line.boot()) == [("launching", 0, 0)]


def test_a_phase_that_comes_again_is_one_phase() -> None:
    clock = Clock()
    line = timeline(clock)
    for name in ("configuring", "loading", "configuring"):
        clock.now += 1
        line.enter(name)
    clock.now += 1
    assert told(line.boot()) == [("launching", 0, 1), ("configuring", 1, 2), ("loading", 2, 1)]


@pytest.mark.parametrize(
    ("phase", "imported"), [("launching", True), ("importing", True), ("configuring", False), ("restarting", False)]
)
def test_whether_the_engine_was_imported(phase: str, imported: bool) -> None:
    assert Boot(1.0, (BootPhase(phase, 0.0, 1.0),)).imported is imported


BOOT = Boot(9.4, (BootPhase("importing", 0.4, 8.0), BootPhase("downloading", 0.5, 3.25)))
LAST = Boot(12.0, (BootPhase("importing", 0.5, 10.0),))


@pytest.mark.parametrize("last", [None, LAST])
def test_a_report_arrives_as_it_was_sent(last: Boot | None) -> None:
    report = BootReport(BOOT, last)
    assert BootReport.from_json(report.to_json()) == report


def test_the_table_has_the_last_start_beside_this_one() -> None:
    assert [line.split() for line in BootReport(BOOT, LAST).table()] == [
        ["phase", "at", "took", "last", "time"],
        ["importing", "0.40", "s", "8.00", "s", "10.00", "s"],
        ["downloading", "0.50", "s", "3.25", "s", "-"],
        ["in", "all", "9.40", "s", "12.00", "s"],
    ]


def test_the_summary_for_health() -> None:
    summary = BootReport(BOOT, LAST).summary()
    assert (summary["total"], summary["last_total"]) == (9.4, 12.0)
    assert summary["phases"][0] == {"name": "importing", "begins": 0.4, "seconds": 8.0}
