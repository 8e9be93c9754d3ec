import asyncio
import sys
from pathlib import Path

import pytest

from bench import clients, job_rounds, machine
from bench.clients import Answer, Ask, Prompt
from bench.errors import BenchError
from bench.job_rounds import JobVisit, Round
from bench.options import Options, Part
from bench.runpod_platform import Platform
from bench.servers import Side
from tests.bench import fake_worker

FAKE = (sys.executable, "-m", fake_worker.__name__)
DEAF = (sys.executable, "-m", "tests.bench.fake_server")
JOBS = frozenset({Part.JOBS})


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_rounds, "QUEUE", Side("a fake", FAKE, restarts=False))
    monkeypatch.setattr(job_rounds, "CROWD", 3)
    monkeypatch.setattr(job_rounds, "LONG_STREAMS", 1)
    monkeypatch.setattr(machine, "LOOK", 0.01)


def compare(options: Options, logs: Path) -> tuple[list[JobVisit], list[str]]:
    told: list[str] = []
    return asyncio.run(job_rounds.compare(options, logs, told.append)), told


def test_every_measure_is_taken_in_every_round(tmp_path: Path) -> None:
    options = Options(model="mini", rounds=2, requests=2, tokens=4, parts=JOBS)
    [visit], told = compare(options, tmp_path)
    measures = [(pair.measure.name, pair.measure.unit) for pair in visit.pairs]
    assert measures == 2 * [
        ("answers", "requests/s"),
        ("answers", "tokens/s"),
        ("streams", "tokens/s"),
        ("prompts", "tokens/s"),
        ("first token", "ms"),
        ("200 tokens", "ms"),
        ("200 tokens", "posts"),
    ]
    assert [pair.round for pair in visit.pairs] == [1] * 7 + [2] * 7
    assert all(pair.value > 0 for pair in visit.pairs)
    assert [pair.beside is None for pair in visit.pairs] == 2 * [*[False] * 6, True]
    assert len(told) == job_rounds.steps(options)
    assert not visit.survivors


def test_late_answers_of_the_platform_count(tmp_path: Path) -> None:
    [visit], _ = compare(Options(model="mini", rounds=1, requests=1, tokens=4, parts=JOBS), tmp_path)
    [slow] = [pair for pair in visit.pairs if pair.measure is job_rounds.SLOW_STREAM]
    assert slow.value >= 2 * job_rounds.LATENCY * 1000


def test_jobs_that_are_not_to_be_measured(tmp_path: Path) -> None:
    options = Options(model="mini", parts=frozenset({Part.START}))
    assert compare(options, tmp_path) == ([], [])
    assert job_rounds.steps(options) == 0


def test_a_worker_that_takes_no_jobs_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(job_rounds, "QUEUE", Side("a deaf one", DEAF, restarts=False))
    monkeypatch.setattr("bench.job_clients.PATIENCE", 0.1)
    with pytest.raises(BenchError, match="jobs: TimeoutError"):
        compare(Options(model="mini", parts=JOBS), tmp_path)


async def crowds(number: int) -> list[tuple[str, str]]:
    """Which way was asked what, in order."""
    asked = []

    def way(name: str) -> Ask:
        async def ask(prompt: Prompt) -> Answer:
            asked.append((name, prompt.text))
            return Answer(prompt.tokens, 0.0, 1.0, 2.0)

        return ask

    async with Platform() as platform, clients.session(platform.url) as http:
        this = Round(number, http, platform, Options(model="mini", requests=1))
        await this.crowds("seed", [way("a"), way("b")])
    return asked


@pytest.mark.parametrize(("number", "order"), [(1, "ab"), (2, "ba")])
def test_no_way_always_comes_first(number: int, order: str) -> None:
    asked = asyncio.run(crowds(number))
    assert [way for way, _ in asked] == [order[0]] * 3 + [order[1]] * 3
    assert len({text for _, text in asked}) == 6
