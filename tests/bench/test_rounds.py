import asyncio
import sys
from pathlib import Path

import pytest

from bench import machine, probes, rounds
from bench.errors import BenchError
from bench.options import Options, Part
from bench.rounds import Visit
from bench.servers import DRAGOMAN, STOCK, Server, Side
from tests.bench import fake_server

COMMAND = (sys.executable, fake_server.__file__)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "DRAGOMAN", Side("dragoman", COMMAND, restarts=False))
    monkeypatch.setattr(rounds, "STOCK", Side("stock vLLM", COMMAND, restarts=False))
    monkeypatch.setattr(rounds, "SETTLING", 0.0)
    monkeypatch.setattr(machine, "LOOK", 0.01)


def compare(options: Options, logs: Path) -> tuple[list[Visit], list[str]]:
    told: list[str] = []
    return asyncio.run(rounds.compare(options, logs, told.append)), told


def test_sides_go_first_by_turns_after_a_warm_up() -> None:
    sides = [(0, DRAGOMAN), (0, STOCK), (1, STOCK), (1, DRAGOMAN), (2, DRAGOMAN), (2, STOCK)]
    assert list(rounds.order(2)) == sides


@pytest.mark.usefixtures("fakes")
def test_a_full_run(tmp_path: Path) -> None:
    options = Options(model="mini", rounds=1, clients=(1, 3), requests=2, tokens=4)
    visits, told = compare(options, tmp_path)
    assert [(visit.round, visit.side.name) for visit in visits] == [
        (0, "dragoman"),
        (0, "stock vLLM"),
        (1, "stock vLLM"),
        (1, "dragoman"),
    ]
    assert visits[0].figures == visits[1].figures == ()
    assert [figure.group for figure in visits[2].figures] == [
        *["launch"] * 2,
        *["memory when idle"] * 2,
        *["1 client"] * 5,
        *["3 clients"] * 5,
        "kill -9 of EngineCore",
    ]
    assert all(figure.value > 0 for figure in visits[2].figures)
    assert len(told) == rounds.steps(options)
    assert not any(visit.survivors for visit in visits)


@pytest.mark.usefixtures("fakes")
def test_a_run_of_one_part(tmp_path: Path) -> None:
    options = Options(model="mini", rounds=1, parts=frozenset({Part.START}))
    visits, told = compare(options, tmp_path)
    assert {figure.group for visit in visits for figure in visit.figures} == {"launch", "memory when idle"}
    assert len(told) == rounds.steps(options)


def test_an_engine_is_killed_and_the_next_token_awaited(tmp_path: Path) -> None:
    title = tmp_path / "VLLM::EngineCore"
    title.symlink_to("/bin/sleep")
    side = Side("dragoman", (*COMMAND, "--engine", str(title)), restarts=True)
    with Server(side, Options(model="mini"), tmp_path / "log") as server:
        seconds = asyncio.run(kill_engine(server))
        with pytest.raises(BenchError, match="EngineCore"):
            server.engine()
    assert 0 < seconds < 10


async def kill_engine(server: Server) -> float:
    await probes.first_token(server, 10)
    return await rounds.restart(server, 10)


@pytest.mark.usefixtures("fakes")
def test_a_side_without_restarts_is_given_its_launch(tmp_path: Path) -> None:
    visits, _ = compare(Options(model="mini", rounds=1, parts=frozenset({Part.START, Part.RESTART})), tmp_path)
    seconds = {figure.name: figure.value for figure in visits[-1].figures}
    assert seconds["next token"] == seconds["first token"]
