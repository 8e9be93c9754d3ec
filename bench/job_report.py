"""What the queue, or a gateway, costs: medians over the rounds, beside what it may cost."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median

from rich import box
from rich.table import Table

from bench import machine
from bench.job_rounds import JobVisit, Measure, Pair
from bench.report import number, share
from bench.servers import QUEUE


@dataclass(frozen=True)
class JobLine:
    """A measure over all rounds: medians."""

    measure: Measure
    jobs: float
    http: float | None
    compared: float
    """The median of what the measure compares, round by round."""
    lowest: float
    highest: float

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        if self.measure.by == "ratio":
            return self.compared >= self.measure.target
        return self.compared <= self.measure.target


def lines(visits: Iterable[JobVisit]) -> list[JobLine]:
    """Make one line a measure, in the order of measuring."""
    by_measure: dict[Measure, list[Pair]] = {}
    for pair in (pair for visit in visits for pair in visit.pairs):
        by_measure.setdefault(pair.measure, []).append(pair)
    return [_line(measure, rounds) for measure, rounds in by_measure.items()]


def table(rows: Iterable[JobLine], title: str, way: str) -> Table:
    """Lay the lines out for a terminal; `way` is what stands beside HTTP."""
    result = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    result.add_column("medians", no_wrap=True)
    for column in (way, "HTTP", "compared", "rounds", "target"):
        result.add_column(column, justify="right", no_wrap=True)
    group = ""
    for row in rows:
        if row.measure.group != group:
            group = row.measure.group
            result.add_section()
            result.add_row(f"[bold]{group}[/bold]")
        result.add_row(*_cells(row))
    return result


def notes(visits: list[JobVisit]) -> list[str]:
    """Say what a reader must know beside the table."""
    left = [
        f"{QUEUE.name} had to be killed after SIGTERM: {', '.join(each.survivors)}."
        for each in visits
        if each.survivors
    ]
    return left + [
        f"Not a quiet machine for jobs: {warning}." for warning in machine.warnings([each.noise for each in visits])
    ]


def document(visits: list[JobVisit], name: str) -> dict[str, object]:
    """Put together all that was measured, as a part of the benchmark's document by this name."""
    return {
        name: {
            "command": QUEUE.command,
            "summary": [asdict(line) for line in lines(visits)],
            "visits": [asdict(visit) for visit in visits],
        }
    }


def _line(measure: Measure, pairs: list[Pair]) -> JobLine:
    over_http = [pair.http for pair in pairs if pair.http is not None]
    compared = [_compare(pair) for pair in pairs]
    http = median(over_http) if over_http else None
    jobs = median(pair.jobs for pair in pairs)
    return JobLine(measure, jobs, http, median(compared), min(compared), max(compared))


def _compare(pair: Pair) -> float:
    if pair.http is None:
        return pair.jobs
    return pair.jobs / pair.http if pair.measure.by == "ratio" else pair.jobs - pair.http


def _cells(row: JobLine) -> list[str]:
    colour = "green" if row.met else "red"
    sign = "≥" if row.measure.by == "ratio" else "≤"
    return [
        f" {row.measure.name} ({row.measure.unit})",
        number(row.jobs),
        "" if row.http is None else number(row.http),
        f"[{colour}]{_shown(row, row.compared)}[/{colour}]",
        f"{_shown(row, row.lowest)}…{_shown(row, row.highest)}",
        f"{sign} {row.measure.target:g}",
    ]


def _shown(row: JobLine, value: float) -> str:
    match row.measure.by:
        case "ratio":
            return share(value)
        case "difference":
            return f"{value:+.1f}"
        case "value":
            return f"{value:g}"
