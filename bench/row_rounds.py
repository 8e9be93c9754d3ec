"""The rounds of DRUM and Dragoman, one custom model in both: the same CSV for predictions."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp

from bench import clients, probes
from bench.drum import CustomModel, Dragoman, Drum, engine_config, parameter
from bench.errors import BenchError, RequestError
from bench.job_rounds import JobVisit, Measure, Pair
from bench.machine import noise
from bench.options import Options, Part
from bench.servers import MODEL_NAME, Process
from dragoman.models import MINI

COUNT = 256
TOKENS = 16
WARM_UP = 4
COLUMN = "promptText"
PATH = "/predict/"
ROWS = Measure(f"{COUNT} rows", "predictions", "rows/s", "ratio", 6)
PARAMETERS = {
    **parameter("max_tokens", "numeric", TOKENS),
    # DRUM takes 0 for no temperature at all.
    **parameter("temperature", "numeric", 0.001),
    **parameter("served_model_name", "string", MODEL_NAME),
}
# As platform plain serves the bundled model: threads that wait for each other cost more than a second one gains.
SMALL: tuple[tuple[str, ...], dict[str, str]] = (("--enforce-eager",), {"OMP_NUM_THREADS": "1"})

Tell = Callable[[str], None]


def steps(options: Options) -> int:
    """Count how often a run of ``compare`` tells what it does."""
    return 2 + options.rounds if Part.ROWS in options.parts else 0


async def compare(options: Options, logs: Path, tell: Tell) -> list[JobVisit]:
    """Visit both, if rows are to be measured."""
    return [await visit(options, logs, tell)] if Part.ROWS in options.parts else []


async def visit(options: Options, logs: Path, tell: Tell) -> JobVisit:
    """Launch DRUM, then Dragoman beside it, measure all rounds by turns, end both."""
    before = await asyncio.to_thread(noise)
    with TemporaryDirectory() as folder:
        model = custom_model(Path(folder), options)
        tell("rows: launch of DRUM")
        with Drum(model, logs / "drum.log") as drum:
            await probes.first_token(drum, options.patience)
            tell("rows: launch of Dragoman")
            with Dragoman(model, logs / "drum's place.log") as dragoman:
                await probes.first_token(dragoman, options.patience)
                pairs = await measure(dragoman, drum, options, tell)
    return JobVisit(before, tuple(pairs), (*dragoman.survivors, *drum.survivors))


def custom_model(folder: Path, options: Options) -> CustomModel:
    """Make the folder of a custom model that has nothing but its engine's arguments."""
    flags, variables = SMALL if options.model == str(MINI) else ((), {})
    (folder / "engine_config.json").write_text(engine_config("--model", options.model, *flags, *options.flags))
    return CustomModel(folder, {**PARAMETERS, **variables, **options.environment})


async def measure(dragoman: Process, drum: Process, options: Options, tell: Tell) -> list[Pair]:
    """Go through the rounds, after some rows that are not counted; each round begins with the other one."""
    pairs: list[Pair] = []
    for number in range(options.rounds + 1):
        if number:
            tell(f"round {number} of {options.rounds}: rows")
        table = csv(number, COUNT if number else WARM_UP)
        rates = {}
        for server in (drum, dragoman) if number % 2 else (dragoman, drum):
            rates[server] = await rate(server, table)
        if number:
            pairs.append(Pair(number, ROWS, rates[dragoman], rates[drum]))
    return pairs


def csv(number: int, count: int) -> bytes:
    """Make up a round's rows; no other round has such."""
    prompts = clients.prompts(f"rows {number}", count, TOKENS)
    return "\n".join([COLUMN, *(prompt.text for prompt in prompts), ""]).encode()


async def rate(server: Process, table: bytes) -> float:
    """Have the rows predicted in one request; return rows a second."""
    try:
        async with clients.session(server.url, keep_alive=False) as http:
            asked = perf_counter()
            async with http.post(PATH, data=table, headers={"Content-Type": "text/csv"}) as response:
                predictions = checked(response.status, await response.json(), table.count(b"\n") - 1)
            return predictions / (perf_counter() - asked)
    except (aiohttp.ClientError, RequestError, TimeoutError) as error:
        raise BenchError(f"{server.name}: {str(error) or type(error).__name__}. {server.last_words()}") from error


def checked(status: int, content: object, count: int) -> int:
    """Return how many predictions there are; raise ``RequestError`` where it is another number than asked for."""
    predictions = content.get("predictions") if isinstance(content, dict) else None
    if status != 200 or not isinstance(predictions, list) or len(list(filter(None, predictions))) != count:
        raise RequestError(f"{count} predictions asked for, HTTP {status} answered: {str(content)[:500]}")
    return count
