"""What the visits showed: medians, ratios, a table and a JSON document."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich import box
from rich.table import Table

from bench import machine
from bench.errors import BenchError
from bench.options import Options, Part
from bench.rounds import Visit
from bench.servers import DRAGOMAN, STOCK

RESTART_NOTE = "Stock vLLM exits when its EngineCore is killed: its restart figure is its launch to first token."


@dataclass(frozen=True)
class Line:
    """A figure on both sides: medians over the rounds."""

    group: str
    name: str
    unit: str
    dragoman: float
    stock: float
    ratio: float
    """The median of Dragoman's figure over stock's in the same round."""
    lowest: float
    """The smallest such ratio of a round."""
    highest: float

    @property
    def better(self) -> bool:
        """Whether the ratio speaks for Dragoman: rates are to be high, all else is to be low."""
        return self.ratio > 1 if self.unit.endswith("/s") else self.ratio < 1


def lines(visits: Iterable[Visit]) -> list[Line]:
    """Make one line a figure, in the order of measuring."""
    values: dict[tuple[str, str, str], dict[tuple[str, int], float]] = {}
    for visit in visits:
        for figure in visit.figures:
            key = (figure.group, figure.name, figure.unit)
            values.setdefault(key, {})[visit.side.name, visit.round] = figure.value
    return [_line(*key, by_visit) for key, by_visit in values.items()]


def _line(group: str, name: str, unit: str, by_visit: dict[tuple[str, int], float]) -> Line:
    dragoman = {number: value for (side, number), value in by_visit.items() if side == DRAGOMAN.name}
    stock = {number: value for (side, number), value in by_visit.items() if side == STOCK.name}
    ratios = [value / stock[number] for number, value in dragoman.items()]
    medians = median(dragoman.values()), median(stock.values()), median(ratios)
    return Line(group, name, unit, *medians, min(ratios), max(ratios))


def table(rows: Iterable[Line], title: str) -> Table:
    """Lay the lines out for a terminal."""
    result = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    result.add_column("medians", no_wrap=True)
    for column in (DRAGOMAN.name, STOCK.name, "ratio", "rounds"):
        result.add_column(column, justify="right")
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            result.add_section()
            result.add_row(f"[bold]{group}[/bold]")
        colour = "green" if row.better else "red"
        ratio = f"[{colour}]{share(row.ratio)}[/{colour}]"
        spread = f"{share(row.lowest)} … {share(row.highest)}"
        result.add_row(f" {row.name} ({row.unit})", number(row.dragoman), number(row.stock), ratio, spread)
    return result


def number(value: float) -> str:
    """Show a value with three significant digits or more, never with an exponent."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def share(value: float) -> str:
    """Show a ratio so that a percent can be told."""
    return f"{value:.3f}" if value < 10 else f"{value:,.0f}"


def notes(options: Options, visits: list[Visit]) -> list[str]:
    """Say what a reader must know beside the table."""
    found = [RESTART_NOTE] if Part.RESTART in options.parts else []
    for visit in visits:
        if visit.survivors:
            left = ", ".join(visit.survivors)
            found.append(f"Round {visit.round}: {visit.side.name} had to be killed after SIGTERM: {left}.")
    return found + [f"Not a quiet machine: {warning}." for warning in machine.warnings([each.noise for each in visits])]


def document(options: Options, facts: dict[str, str | int], visits: list[Visit]) -> dict[str, object]:
    """Put together all that was measured and all that a reader needs to judge it."""
    return {
        "machine": facts,
        "options": asdict(options) | {"parts": sorted(options.parts)},
        "commands": {side.name: side.command for side in (DRAGOMAN, STOCK)},
        "notes": notes(options, visits),
        "summary": [asdict(line) for line in lines(visits)],
        "visits": [asdict(visit) | {"side": visit.side.name} for visit in visits],
    }


def prepare(path: Path) -> None:
    """Make sure, before anything is measured, that the document can be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BenchError(f"{path} cannot be written: {problem.strerror}") from None
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise BenchError(f"{path} cannot be written")


def write(content: dict[str, object], path: Path) -> None:
    """Write the document."""
    path.write_text(json.dumps(content, indent=2) + "\n")
