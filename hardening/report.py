"""What a run has found: a table, and a JSON document."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from rich import box
from rich.table import Table

from hardening.options import Options, Part
from hardening.outcome import Figure, Outcome

Outcomes = Mapping[Part, Outcome]


def table(outcomes: Outcomes, options: Options) -> Table:
    """Lay the figures out for a terminal."""
    result = Table(title=f"seed {options.seed}", title_justify="left", box=box.SIMPLE_HEAD)
    result.add_column("part", no_wrap=True)
    result.add_column("figure")
    result.add_column("value", justify="right")
    for part, outcome in outcomes.items():
        result.add_section()
        result.add_row(f"[bold]{part}[/bold]")
        for figure in (*outcome.figures, broken(outcome)):
            result.add_row("", figure.name, shown(figure))
    return result


def broken(outcome: Outcome) -> Figure:
    """Count the promises that were broken."""
    return Figure("promises broken", len(outcome.breaches))


def shown(figure: Figure) -> str:
    """Show a number with its unit."""
    number = f"{figure.value:,.0f}" if float(figure.value).is_integer() else f"{figure.value:,.2f}"
    return f"{number} {figure.unit}".strip()


def complaints(outcomes: Outcomes) -> Iterator[str]:
    """Say what was broken and how that was seen."""
    for part, outcome in outcomes.items():
        for breach in outcome.breaches:
            yield f"{part}: NOT TRUE that {breach.promise}: {breach.evidence}"


def document(outcomes: Outcomes, options: Options, facts: Mapping[str, str | int]) -> dict[str, object]:
    """Put together all that was found and what a reader needs to do it again."""
    return {
        "machine": dict(facts),
        "options": asdict(options) | {"parts": sorted(options.parts)},
        "parts": {part.value: asdict(outcome) for part, outcome in outcomes.items()},
    }
