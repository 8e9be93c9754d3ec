"""The part ``hostile``: requests that have killed engines, or might, against a real one that must live after each."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic

from hardening.chaos.clients import question
from hardening.engine import CHAT, MODEL
from hardening.fuzz.connection import Connection, LostError
from hardening.fuzz.forms import is_openai
from hardening.fuzz.judge import echo
from hardening.fuzz.requests import Got, Sent
from hardening.options import Options
from hardening.outcome import Breach, Figure, Outcome, Tell
from hardening.site import Service, Site, clean_environment, model_flags
from tests.hostile.inputs import INPUTS, Input

ALIVE = "the engine is alive after every request"
SAME = "it is the engine of before: none has died and been replaced"
STATUS = "a hostile request is refused, or served"
FORM = "a refusal has OpenAI's body, and names the parameter"
ECHO = "a refusal does not repeat the input"
SILENT = "no log has a traceback"


def run(options: Options, logs: Path, tell: Tell) -> Outcome:
    """Send each input, and have a token after each."""
    with (
        TemporaryDirectory(prefix="harden-") as scratch,
        clean_environment(),
        Site(logs, Path(scratch)).worker("plain", model_flags("plain")) as worker,
    ):
        worker.wait("/health", options.patience)
        return _run(worker, chosen(options), tell)


def chosen(options: Options) -> Sequence[Input]:
    """All inputs, or as many as the options say, picked by the seed."""
    if options.rows is None or options.rows >= len(INPUTS):
        return INPUTS
    return Random(options.seed).sample(INPUTS, options.rows)


def _run(worker: Service, inputs: Sequence[Input], tell: Tell) -> Outcome:
    before = engines(worker)
    breaches: list[Breach] = []
    statuses: dict[int, int] = {}
    slowest = (0.0, "")
    for number, each in enumerate(inputs):
        tell(f"hostile: {number} of {len(inputs)}, {each.name}")
        begun = monotonic()
        with Connection(worker.port) as connection:
            breaches += _try(connection, each, statuses)
        slowest = max(slowest, (monotonic() - begun, each.name))
        with Connection(worker.port) as connection:
            breaches += _look(connection, each)
    if engines(worker) != before:
        breaches.append(Breach.of(SAME, worker.last_words()))
    if found := worker.traceback():
        breaches.append(Breach.of(SILENT, found))
    return Outcome(
        (
            Figure("inputs tried", len(inputs)),
            *(Figure(f"answers {status}", count) for status, count in sorted(statuses.items())),
            Figure(f"slowest answer ({slowest[1]})", slowest[0], "s"),
        ),
        tuple(breaches),
    )


def _try(connection: Connection, each: Input, statuses: dict[int, int]) -> list[Breach]:
    sent = Sent(each.method, each.path, each.headers, each.make())
    try:
        got = connection.ask(sent)
    except LostError as error:
        return [Breach.of(STATUS, f"{each.name}: {error}")]
    statuses[got.status] = statuses.get(got.status, 0) + 1
    return list(judged(each, sent, got))


def judged(each: Input, sent: Sent, got: Got) -> list[Breach]:
    """Find what is wrong with an answer."""
    found = []
    if got.status not in each.statuses:
        found.append(Breach.of(STATUS, f"{each.name}: {got}, not one of {sorted(each.statuses)}"))
    if got.status >= 400 and not (is_openai(got.content()) and _names(each, got)):
        found.append(Breach.of(FORM, f"{each.name} ({each.param}): {got}"))
    if got.status >= 400 and echo(sent.body, got.body):
        found.append(Breach.of(ECHO, f"{each.name}: {got}"))
    return found


def _names(each: Input, got: Got) -> bool:
    return each.param is None or got.content()["error"].get("param") == each.param


def _look(connection: Connection, each: Input) -> list[Breach]:
    """Ask for health and for a token."""
    try:
        health = connection.ask(Sent("GET", "/health"))
        token = connection.ask(Sent.json(CHAT, {**question(1), "model": MODEL}))
    except LostError as error:
        return [Breach.of(ALIVE, f"{each.name}: then {error}")]
    if (health.status, token.status) != (200, 200):
        return [Breach.of(ALIVE, f"{each.name}: then {health} and {token}")]
    return []


def engines(worker: Service) -> set[int]:
    """The processes that are the worker's now."""
    return {process.pid for process in worker.family()}
