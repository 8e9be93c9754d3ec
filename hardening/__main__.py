"""The command line of `make harden`."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import machine
from bench import report as files
from bench.errors import BenchError
from hardening import fuzzing, hostile, overload, report, soak
from hardening.chaos import run as chaos
from hardening.options import SEED, Engine, Options, Part
from hardening.outcome import Outcome, Tell

RESULTS = Path(__file__).parent / "results"
ERROR = Console(stderr=True)
RUNS: dict[Part, Callable[[Options, Path, Tell], Outcome]] = {
    Part.HOSTILE: hostile.run,
    Part.FUZZ: fuzzing.run,
    Part.CHAOS: chaos.run,
    Part.SOAK: soak.run,
    Part.OVERLOAD: overload.run,
}

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def main(
    seed: Annotated[int, typer.Option(help="draws the same inputs and the same faults")] = SEED,
    only: Annotated[list[Part] | None, typer.Option(help="run one part, or several", show_default=False)] = None,
    engine: Annotated[
        Engine | None, typer.Option(help="what is behind the workers", show_default="fake for fuzz, else real")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="hostile inputs", show_default="all")] = None,
    inputs: Annotated[int, typer.Option(min=1, help="made-up requests for each dialect")] = Options.inputs,
    seconds: Annotated[float, typer.Option(min=1, help="of faults, and of each load")] = Options.seconds,
    clients: Annotated[int, typer.Option(min=1, help="how many at once")] = Options.clients,
    requests: Annotated[int, typer.Option(min=1, help="requests of the soak")] = Options.requests,
    patience: Annotated[float, typer.Option(min=1, help="seconds until something is lost")] = Options.patience,
    out: Annotated[Path | None, typer.Option(help="JSON file", show_default="hardening/results/DATE.json")] = None,
) -> None:
    """Try to break Dragoman, and print what was tried and what broke. The exit code is 1 if anything did.

    - **hostile**: requests that have killed engines, against vLLM itself, which must live after each.
    - **fuzz**: made-up requests in all dialects, and bytes that are no HTTP.
    - **chaos**: processes killed and stopped at random under load; everything accepted must end exactly once.
    - **soak**: many requests; memory and descriptors of every process must stay flat.
    - **overload**: twice the load that a worker sustains; goodput must stay.

    A promise of each kind is in SECURITY.md. A single part: `python -m hardening --only chaos --seconds 60`.
    """
    parts = frozenset(only) if only else frozenset(Part)
    options = Options(seed, parts, engine, rows, inputs, seconds, clients, requests, patience)
    path = out or RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    try:
        files.prepare(path)
        outcomes = run(options, RESULTS / "logs")
    except BenchError as error:
        ERROR.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        ERROR.print("Interrupted; all processes have been ended.")
        raise typer.Exit(130) from None
    console = Console()
    console.print(report.table(outcomes, options))
    for complaint in report.complaints(outcomes):
        console.print(complaint, style="red", markup=False, highlight=False, soft_wrap=True)
    files.write(report.document(outcomes, options, machine.facts()), path)
    ERROR.print(f"Written to {path}")
    if any(outcome.breaches for outcome in outcomes.values()):
        raise typer.Exit(1)


def run(options: Options, logs: Path) -> dict[Part, Outcome]:
    """Run the parts, with a progress bar; SIGTERM ends it like Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = [part for part in Part if part in options.parts]
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    outcomes = {}
    with Progress(*columns, console=ERROR, transient=True) as progress:
        task = progress.add_task("", total=len(chosen))
        for part in chosen:
            outcomes[part] = RUNS[part](options, logs / part, lambda step: progress.update(task, description=step))
            progress.advance(task)
    return outcomes


if __name__ == "__main__":
    app(prog_name="python -m hardening")
