import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dragoman import machine
from dragoman.downloads import read_ahead
from dragoman.engine import Report
from dragoman.errors import EngineStartError
from dragoman.machine import Memory
from dragoman.platforms.plain import app
from dragoman.process.channel import Channel, Fetched, Fetching, Hopeless
from dragoman.process.fetcher import Fetcher, counts_pages
from dragoman.process.plan import Plan
from tests.plans import SPARE
from tests.processes import is_alive, wait_until


@pytest.fixture
def channels() -> Iterator[tuple[Channel, Channel]]:
    ours, theirs = Channel.pair()
    with closing(ours), closing(theirs):
        yield ours, theirs


def fetch(monkeypatch: pytest.MonkeyPatch, how: Callable[[str], object]) -> None:
    """Has the platform fetch like that."""

    def fetch(plan: Plan, report: Report) -> Plan:
        report("downloading it")
        how("")
        return replace(plan, engine_args=("--model", "/nowhere"))

    monkeypatch.setattr(app, "fetch", fetch)


def test_the_plan_comes_back_with_what_was_fetched(
    channels: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(monkeypatch, lambda _: None)
    ours, theirs = channels
    with Fetcher(SPARE, theirs) as fetcher:
        assert [ours.receive(), ours.receive()] == [Fetching("downloading it"), Fetched()]
        assert fetcher.fetched() == replace(SPARE, engine_args=("--model", "/nowhere"))
    assert not psutil.Process().children()


def test_what_cannot_be_read_ahead_is_the_engines_business(
    channels: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*arguments: object) -> None:
        raise PermissionError

    fetch(monkeypatch, lambda _: None)
    monkeypatch.setattr(read_ahead, "read_ahead", unreadable)
    ours, theirs = channels
    with Fetcher(SPARE, theirs) as fetcher:
        fetcher.fetched()
        [child] = psutil.Process().children()
        wait_until(lambda: not is_alive(child.pid))
    theirs.close()
    assert not any(isinstance(message, Hopeless) for message in iter(ours.receive, None))


def test_whoever_needs_it_before_it_is_there_says_so(
    channels: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    fetch(monkeypatch, lambda _: gate.read_text())
    ours, theirs = channels
    with Fetcher(SPARE, theirs) as fetcher:
        assert ours.receive() == Fetching("downloading it")
        monkeypatch.setattr(theirs, "send", lambda message: gate.write_text(message.name))
        assert fetcher.fetched().engine_args == ("--model", "/nowhere")
    assert gate.is_fifo()


def test_what_can_never_be_had_is_told_to_the_doorman(
    channels: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise EngineStartError("org/name is gated")

    fetch(monkeypatch, refuse)
    ours, theirs = channels
    with Fetcher(SPARE, theirs) as fetcher:
        assert [ours.receive(), ours.receive()] == [Fetching("downloading it"), Hopeless("org/name is gated")]
        with pytest.raises(EngineStartError):
            fetcher.fetched()


def test_a_fetcher_that_is_killed_ends_the_start(
    channels: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(monkeypatch, lambda _: os.kill(os.getpid(), signal.SIGKILL))
    with (
        Fetcher(SPARE, channels[1]) as fetcher,
        pytest.raises(EngineStartError, match="the process that fetches the model was killed"),
    ):
        fetcher.fetched()


def test_it_ends_with_the_import(channels: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(monkeypatch, lambda _: signal.pause())
    ours, theirs = channels
    with Fetcher(SPARE, theirs):
        ours.receive()
        [child] = psutil.Process().children()
    assert not is_alive(child.pid)


@pytest.mark.parametrize(
    ("engine_args", "limited", "gpus", "counts"),
    [
        (["--model", "org/name"], True, 0, True),
        (["--model", "org/name"], False, 0, False),
        (["--model", "org/name"], True, 1, False),
        (["--model", "org/name", "--kv-cache-memory-bytes", "1"], True, 0, False),
    ],
)
def test_pages_count_where_vllm_asks_for_a_share_of_a_container(
    monkeypatch: pytest.MonkeyPatch, engine_args: list[str], limited: bool, gpus: int, counts: bool
) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(1, 1, limited))
    monkeypatch.setattr(machine, "count_gpus", lambda environment: gpus)
    assert counts_pages(engine_args) is counts
