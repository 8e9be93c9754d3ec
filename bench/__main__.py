"""The command line of the benchmark."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import (
    drum,
    gateway_rounds,
    job_report,
    job_rounds,
    machine,
    replica_report,
    replica_rounds,
    report,
    rounds,
    row_rounds,
)
from bench.errors import BenchError
from bench.job_rounds import JobVisit
from bench.options import Options, Part
from bench.replica_rounds import ReplicaVisit
from bench.rounds import Visit
from bench.servers import QUEUE, same_engine, shared_flags
from dragoman.models import MINI

RESULTS = Path(__file__).parent / "results"
ERROR = Console(stderr=True)

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


def crowds(text: str) -> tuple[int, ...]:
    """Read numbers of clients such as ``1,8,32``."""
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise typer.BadParameter(f"{text!r} is not a list of numbers above 0, such as 1,8,32")
    return numbers


@app.command()
def main(
    engine_flags: Annotated[
        list[str] | None, typer.Argument(help="vLLM flags for both sides, after --", show_default=False)
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="counted launches of each side")] = Options.rounds,
    clients: Annotated[str, typer.Option(help="numbers of concurrent clients")] = "1,8,32",
    requests: Annotated[int, typer.Option(min=1, help="requests of each client")] = Options.requests,
    tokens: Annotated[int, typer.Option(min=2, help="mean tokens of an answer")] = Options.tokens,
    model: Annotated[str, typer.Option(help="path or name of the model", show_default="the bundled one")] = str(MINI),
    same: Annotated[
        bool, typer.Option("--same-engine", help="identical engine settings instead of each side's own defaults")
    ] = False,
    only: Annotated[Part | None, typer.Option(help="measure one thing only", show_default=False)] = None,
    patience: Annotated[float, typer.Option(help="seconds to wait for a first token")] = Options.patience,
    out: Annotated[Path | None, typer.Option(help="JSON file to write", show_default="bench/results/DATE.json")] = None,
) -> None:
    """Measure Dragoman and stock vLLM side by side: same machine, same model, same flags, by turns.

    A round launches one side, then the other; the next round begins with the other. Measured are the launch to the
    first answer and to the first token, the memory, the load of different numbers of clients, and the time from the
    end of EngineCore by kill -9 to the next token. Printed are medians over the rounds; a ratio is Dragoman's figure
    over stock vLLM's in the same round.

    Each side is launched once more, uncounted, before the first round. A round takes some minutes on two cores; use
    a machine that does nothing else.

    After that, Dragoman alone takes jobs from a simulated RunPod platform: the same load comes through the queue and
    over the worker's own HTTP port, by turns, and the table says what the queue costs. Then a worker takes its jobs
    from `dragoman gateway`, whose OpenAI API is compared with the worker's own. Then Dragoman and DataRobot's DRUM
    serve one custom model side by side and predict the same CSV, if `scripts/install-drum` has installed DRUM. At last
    two replicas, one replica and a worker without a front have the same load by turns, if Ray is installed. For that
    every worker's processes are held to one core of its own; the front, Ray and the clients run on any.

    - A quick look at the start: `python -m bench --rounds 1 --only start`
    - What RunPod's queue costs: `python -m bench --only jobs`
    - What the gateway costs: `python -m bench --only gateway`
    - What rows at once gain over DRUM: `python -m bench --only rows`
    - What replicas gain, and what their front costs: `python -m bench --only replicas`
    - What the worker adds to the engine: `python -m bench --same-engine --only load --clients 32`
    - Another model: `python -m bench --model Qwen/Qwen3-0.6B -- --max-model-len 4096`
    """
    flags, environment = same_engine() if same else ((), {})
    options = Options(
        model=model,
        rounds=rounds,
        clients=crowds(clients),
        requests=requests,
        tokens=tokens,
        patience=patience,
        parts=frozenset([only]) if only else everything(),
        flags=(*shared_flags(), *flags, *(engine_flags or ())),
        environment=environment,
    )
    facts = machine.facts()
    path = out or RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    try:
        report.prepare(path)
        measured = run(options)
    except BenchError as error:
        ERROR.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        ERROR.print("Interrupted; the servers have been ended.")
        raise typer.Exit(130) from None
    show(facts, options, measured)
    report.write(measured.document(options, facts), path)
    ERROR.print(f"Written to {path}")


@dataclass(frozen=True)
class Measured:
    """What was measured, as far as the options named it."""

    sides: list[Visit]
    jobs: list[JobVisit]
    gateway: list[JobVisit]
    rows: list[JobVisit]
    replicas: list[ReplicaVisit]

    def document(self, options: Options, facts: dict[str, str | int]) -> dict[str, object]:
        """Put all of it together."""
        worker = {QUEUE.name: QUEUE.command}
        return (
            report.document(options, facts, self.sides)
            | job_report.document(self.jobs, "jobs", worker)
            | job_report.document(self.gateway, "gateway", worker)
            | job_report.document(self.rows, "rows", drum.COMMANDS)
            | replica_report.document(self.replicas)
        )


def everything() -> frozenset[Part]:
    """Name all that can be measured here."""
    obstacles = {Part.ROWS: drum.obstacle(), Part.REPLICAS: replica_rounds.obstacle()}
    left_out = {part: why for part, why in obstacles.items() if why}
    for part, why in left_out.items():
        ERROR.print(f"{part.capitalize()} are not measured: {why}.", markup=False, highlight=False, soft_wrap=True)
    return frozenset(Part) - left_out.keys()


def run(options: Options) -> Measured:
    """Make all visits, with a progress bar; SIGTERM ends it like Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    total = sum(part.steps(options) for part in (rounds, job_rounds, gateway_rounds, row_rounds, replica_rounds))
    with Progress(*columns, console=ERROR, transient=True) as progress:
        task = progress.add_task("", total=total, completed=-1)
        return asyncio.run(visit(options, lambda step: progress.update(task, advance=1, description=step)))


async def visit(options: Options, tell: Callable[[str], None]) -> Measured:
    """Visit both sides, the worker on the queue, one behind a gateway, DRUM and the worker in its place, replicas.

    All as far as the options name them.
    """
    logs = RESULTS / "logs"
    return Measured(
        await rounds.compare(options, logs, tell),
        await job_rounds.compare(options, logs, tell),
        await gateway_rounds.compare(options, logs, tell),
        await row_rounds.compare(options, logs, tell),
        await replica_rounds.compare(options, logs, tell),
    )


def show(facts: dict[str, str | int], options: Options, measured: Measured) -> None:
    """Print the tables and the notes on standard output."""
    console = Console()
    if measured.sides:
        title = f"dragoman {facts['dragoman']} and {facts['vllm']}, {facts['cpu']}, {facts['cores']} cores"
        console.print(report.table(report.lines(measured.sides), title))
    notes = report.notes(options, measured.sides)
    for what, visits, title, names in (
        ("jobs", measured.jobs, "jobs on RunPod's queue and the worker's own HTTP port", ("jobs", "HTTP")),
        (
            "gateway",
            measured.gateway,
            "OpenAI's API at the gateway and at the worker's own HTTP port",
            ("gateway", "HTTP"),
        ),
        ("rows", measured.rows, "a custom model's predictions by Dragoman and by DRUM", ("dragoman", "DRUM")),
    ):
        if visits:
            console.print(job_report.table(job_report.lines(visits), title, names))
            notes += job_report.notes(visits, what)
    if measured.replicas:
        rows = replica_report.lines(measured.replicas)
        console.print(job_report.table(rows, replica_report.TITLE, replica_report.NAMES))
        notes += replica_report.notes(measured.replicas)
    for note in notes:
        console.print(note, markup=False, highlight=False)


if __name__ == "__main__":
    app(prog_name="python -m bench")
