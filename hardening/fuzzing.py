"""The part ``fuzz``: made-up requests against the workers of all platforms and against a gateway."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from dragoman.gateway.auth import Keys
from dragoman.gateway.environment import Environment
from hardening.fuzz import wire
from hardening.fuzz.connection import Connection, LostError
from hardening.fuzz.dialects import DIALECTS, RUNPOD, Dialect
from hardening.fuzz.drawn import drawn
from hardening.fuzz.judge import NO_FAULT, judge
from hardening.fuzz.mutations import mutated
from hardening.fuzz.requests import Got, Sent
from hardening.options import Engine, Options
from hardening.outcome import Breach, Figure, Outcome, Tell
from hardening.site import ENDPOINT, Service, Site, clean_environment, model_flags, remote_flags, until

Drawn = TypeVar("Drawn")

ANSWERED = "every request is answered"
USABLE = "a connection is usable after any answer"
CLOSED = "a connection that speaks no HTTP is closed"
SILENT = "no log has a traceback"
ENDED = "every job ends"
ALIVE = "the worker lives"
MOST_TOLD = 40
HALF = 2
WIRE_SHARE = 4
FAULT = re.compile(rb"HTTP/1.1 (?P<status>5\d\d)")


@dataclass
class Score:
    """What has been tried and what was wrong, each kind of wrong once for each method and path."""

    tried: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    breaches: dict[tuple[str, str], Breach] = field(default_factory=dict)

    def note(self, breach: Breach, where: str) -> None:
        """Note something wrong."""
        if len(self.breaches) < MOST_TOLD:
            self.breaches.setdefault((breach.promise, where), breach)

    def answered(self, got: Got) -> None:
        """Count an answer."""
        self.statuses[got.status] = self.statuses.get(got.status, 0) + 1


def run(options: Options, logs: Path, tell: Tell) -> Outcome:
    """Try every dialect."""
    with TemporaryDirectory(prefix="harden-") as directory, clean_environment():
        scratch = Path(directory)
        site = Site(logs, scratch)
        return Outcome.merged(_try(dialect, options, site, scratch, tell) for dialect in DIALECTS)


def _try(dialect: Dialect, options: Options, site: Site, scratch: Path, tell: Tell) -> Outcome:
    tell(f"fuzz: {dialect.name}")
    score = Score()
    with _served(dialect, options, site, scratch) as services, Connection(services[0].port) as connection:
        port = services[0].port
        for strategy, count in _shares(dialect, options.inputs):
            requests = list(filter(None, examples(options.seed, count, strategy)))
            # What was not used while they were drawn may have been closed.
            connection.close()
            for sent in requests:
                ask(dialect, connection, sent, score)
        for content in examples(options.seed, options.inputs // WIRE_SHARE, wire.written()):
            write(dialect, port, content, score)
        _look_at_the_end(dialect, services, score, options)
    told = Figure(f"{dialect.name}: inputs tried", score.tried)
    shares = [Figure(f"{dialect.name}: answers {status}", count) for status, count in sorted(score.statuses.items())]
    return Outcome((told, *shares), tuple(score.breaches.values()))


def _shares(dialect: Dialect, count: int) -> Iterator[tuple[SearchStrategy[Sent | None], int]]:
    """Half of the requests is drawn from the document, the other half is mutated samples."""
    strategies = list(drawn(dialect))
    yield from ((strategy, max(count // HALF // len(strategies), 1)) for strategy in strategies)
    yield mutated(dialect.samples), count // HALF


def examples(number: int, count: int, strategy: SearchStrategy[Drawn]) -> list[Drawn]:
    """Draw so many things from a strategy; the same seed draws the same ones."""
    found: list[Drawn] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def example(thing: Drawn) -> None:
        found.append(thing)

    example()
    return found


def ask(dialect: Dialect, connection: Connection, sent: Sent, score: Score) -> None:
    """Send a request, judge its answer, and look whether the connection is usable."""
    score.tried += 1
    where = f"{sent.method} {sent.target.partition('?')[0]}"
    try:
        got = connection.ask(sent)
    except LostError as error:
        score.note(Breach.of(ANSWERED, f"{dialect.name}: {sent} -> {error}"), where)
        return
    score.answered(got)
    for breach in judge(dialect, sent, got):
        score.note(breach, where)
    try:
        probed = connection.ask(Sent("GET", dialect.probe))
    except LostError as error:
        score.note(Breach.of(USABLE, f"{dialect.name}: {sent} -> {got}, then {error}"), where)
        return
    if probed.status != 200:
        score.note(Breach.of(ALIVE, f"{dialect.name}: {sent} -> {got}, then {probed}"), where)


def write(dialect: Dialect, port: int, content: bytes, score: Score) -> None:
    """Write what is no HTTP and look what comes of it."""
    score.tried += 1
    try:
        answer = wire.exchange(port, content)
    except TimeoutError:
        score.note(Breach.of(CLOSED, f"{dialect.name}: {content[:600]!r}"), "wire")
        return
    found = FAULT.match(answer)
    if found and int(found["status"]) not in dialect.faults:
        score.note(Breach.of(NO_FAULT, f"{dialect.name}: {content[:600]!r} -> {answer[:400]!r}"), "wire")


def _look_at_the_end(dialect: Dialect, services: tuple[Service, ...], score: Score, options: Options) -> None:
    for service in services:
        if found := service.traceback():
            score.note(Breach.of(SILENT, f"{service.name}: {found}"), service.name)
        if service.code() is not None:
            score.note(Breach.of(ALIVE, service.last_words()), service.name)
    if dialect is RUNPOD:
        gateway = services[0]
        try:
            until(lambda: _unfinished(gateway) == 0, options.patience, ENDED)
        except Exception as error:
            score.note(Breach.of(ENDED, f"{error}: {_unfinished(gateway)} jobs are left"), "jobs")


def _unfinished(gateway: Service) -> int:
    with Connection(gateway.port) as connection:
        jobs = connection.ask(Sent("GET", f"/v2/{ENDPOINT}/health")).content()["jobs"]
    return int(jobs["inQueue"] + jobs["inProgress"])


@contextmanager
def _served(dialect: Dialect, options: Options, site: Site, scratch: Path) -> Iterator[tuple[Service, ...]]:
    """Have the dialect spoken; the first service is the one to talk to."""
    with ExitStack() as held:
        flags = model_flags(dialect.platform)
        if options.engine is not Engine.REAL:
            engine = held.enter_context(site.engine())
            engine.wait("/health", options.patience)
            flags = remote_flags(engine)
        if dialect is RUNPOD:
            gateway = held.enter_context(site.gateway(scratch / "fuzz.db"))
            gateway.wait(dialect.probe, options.patience)
            places = Environment(gateway.url, ENDPOINT, Keys(())).worker("fuzz")
            worker = held.enter_context(site.worker(dialect.platform, flags, places))
            worker.wait("/health", options.patience)
            yield gateway, worker
        else:
            worker = held.enter_context(site.worker(dialect.platform, flags, dialect.variables))
            worker.wait(dialect.probe, options.patience)
            yield (worker,)
