"""What the queue or a gateway costs, what rows and replicas gain: medians over the rounds, beside the target."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from rich import box
from rich.table import Table

from bench import machine
from bench.job_rounds import JobVisit, Measure, Pair
from bench.report import number, share


@dataclass(frozen=True)
class JobLine:
    """A measure over all rounds: medians."""

    measure: Measure
    value: float
    beside: float | None
    compared: float
    """The median of what the measure compares, round by round."""
    lowest: float
    highest: float

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.measure.target is None:
            return None
        if self.measure.by == "ratio":
            return self.compared >= self.measure.target
        return self.compared <= self.measure.target


def lines(visits: Iterable[JobVisit]) -> list[JobLine]:
    """Make the lines of all visits."""
    return compared(pair for visit in visits for pair in visit.pairs)


def compared(pairs: Iterable[Pair]) -> list[JobLine]:
    """Make one line a measure, in the order of measuring."""
    by_measure: dict[Measure, list[Pair]] = {}
    for pair in pairs:
        by_measure.setdefault(pair.measure, []).append(pair)
    return [_line(measure, rounds) for measure, rounds in by_measure.items()]


def table(rows: Iterable[JobLine], title: str, names: tuple[str, str]) -> Table:
    """Lay the lines out for a terminal; `names` are those of the values and of what stands beside them."""
    result = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    result.add_column("medians", no_wrap=True)
    for column in (*names, "compared", "rounds", "target"):
        result.add_column(column, justify="right", no_wrap=True)
    group = ""
    for row in rows:
        if row.measure.group != group:
            group = row.measure.group
            result.add_section()
            result.add_row(f"[bold]{group}[/bold]")
        result.add_row(*_cells(row))
    return result


def notes(visits: list[JobVisit], what: str) -> list[str]:
    """Say what a reader must know beside the table of this."""
    left = [
        f"{what}: had to be killed after SIGTERM: {', '.join(each.survivors)}." for each in visits if each.survivors
    ]
    noise = machine.warnings([each.noise for each in visits])
    return left + [f"Not a quiet machine for {what}: {warning}." for warning in noise]


def document(visits: list[JobVisit], what: str, commands: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Put together all that was measured of this, as a part of the benchmark's document by its name."""
    return {
        what: {
            "commands": commands,
            "summary": [asdict(line) for line in lines(visits)],
            "visits": [asdict(visit) for visit in visits],
        }
    }


def _line(measure: Measure, pairs: list[Pair]) -> JobLine:
    others = [pair.beside for pair in pairs if pair.beside is not None]
    compared = [_compare(pair) for pair in pairs]
    beside = median(others) if others else None
    value = median(pair.value for pair in pairs)
    return JobLine(measure, value, beside, median(compared), min(compared), max(compared))


def _compare(pair: Pair) -> float:
    if pair.beside is None:
        return pair.value
    return pair.value / pair.beside if pair.measure.by == "ratio" else pair.value - pair.beside


def _cells(row: JobLine) -> list[str]:
    style = {True: "green", False: "red", None: "none"}[row.met]
    sign = "≥" if row.measure.by == "ratio" else "≤"
    return [
        f" {row.measure.name} ({row.measure.unit})",
        number(row.value),
        "" if row.beside is None else number(row.beside),
        f"[{style}]{_shown(row, row.compared)}[/{style}]",
        f"{_shown(row, row.lowest)}…{_shown(row, row.highest)}",
        "" if row.measure.target is None else f"{sign} {row.measure.target:g}",
    ]


def _shown(row: JobLine, value: float) -> str:
    match row.measure.by:
        case "ratio":
            return share(value)
        case "difference":
            return f"{value:+.1f}"
        case "value":
            return f"{round(value, 1):g}"
