"""A server that is launched, asked and ended."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from bench.drum import CustomModel, Dragoman, Drum
from bench.servers import Process
from tests.drum.answers import Answer, answer
from tests.drum.cases import Case
from tests.drum.scenarios import Scenario

PATIENCE = 300.0
PAUSE = 0.1

Kind = type[Drum] | type[Dragoman]


def answers(kind: Kind, scenario: Scenario, folder: Path, log: Path) -> dict[str, Answer]:
    """What such a server answers to the scenario's requests, by the names of the cases."""
    with (
        kind(scenario.custom_model(folder), log) as server,
        httpx.Client(base_url=server.url + scenario.prefix, timeout=PATIENCE) as http,
    ):
        _wait(server, lambda: _health(http) is not None)
        loading = {f"loading: {case.name}": _ask(http, case) for case in scenario.loading}
        _wait(server, lambda: _health(http) == 200)
        # The engine's processes are remembered now, as some outlive the one that started them.
        server.family()
        return loading | {case.name: _ask(http, case) for case in scenario.cases}


def ends(kind: Kind, model: CustomModel, log: Path, patience: float = PATIENCE) -> int | None:
    """The code with which such a server ends by itself; none where it goes on and is never healthy."""
    with kind(model, log) as server, httpx.Client(base_url=server.url) as http:
        for _ in _moments(patience):
            if (code := server.code()) is not None:
                return code
            assert _health(http) != 200
            server.family()
    return None


def _ask(http: httpx.Client, case: Case) -> Answer:
    return answer(http.request(case.method, case.path, headers=case.headers, content=case.content))


def _health(http: httpx.Client) -> int | None:
    """The status of a probe; none where nobody answers."""
    try:
        return http.get("/ping/").status_code
    except httpx.TransportError:
        return None


def _wait(server: Process, condition: Callable[[], bool]) -> None:
    for _ in _moments(PATIENCE):
        server.check()
        if condition():
            return
    raise AssertionError(f"{server.name} is not ready. {server.last_words()}")


def _moments(seconds: float) -> Iterator[float]:
    deadline = time.monotonic() + seconds
    while (now := time.monotonic()) < deadline:
        yield now
        time.sleep(PAUSE)
