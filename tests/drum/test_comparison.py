"""The same requests to real DRUM and to Dragoman: what is not listed as an intended difference is to be the same."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.drum import Dragoman, Drum
from tests.drum import server
from tests.drum.answers import Answer
from tests.drum.differences import DIFFERENCES
from tests.drum.scenarios import MISTAKES, SCENARIOS, Mistake, Scenario

WATCHED = 15.0


@dataclass(frozen=True)
class Answers:
    """What both have answered, by the names of the cases."""

    drum: dict[str, Answer]
    dragoman: dict[str, Answer]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    """What both have answered to each scenario, by its name: one after the other, in the same folder."""

    def ask(scenario: Scenario) -> Answers:
        folder, logs = (tmp_path_factory.mktemp(f"{scenario.name}-{what}") for what in ("folder", "logs"))
        drum = server.answers(Drum, scenario, folder, logs / "drum.log")
        return Answers(drum, server.answers(Dragoman, scenario, folder, logs / "dragoman.log"))

    return {scenario.name: ask(scenario) for scenario in SCENARIOS}


def names(scenario: Scenario) -> list[str]:
    return [*(f"loading: {case.name}" for case in scenario.loading), *(case.name for case in scenario.cases)]


@pytest.mark.parametrize(
    ("scenario", "name"),
    [pytest.param(scenario, name, id=f"{scenario.name}: {name}") for scenario in SCENARIOS for name in names(scenario)],
)
def test_the_same_request_is_answered_the_same(answers: dict[str, Answers], scenario: Scenario, name: str) -> None:
    all_of_drum = answers[scenario.name].drum
    drum, dragoman = all_of_drum[name], answers[scenario.name].dragoman[name]
    if (difference := DIFFERENCES.get(name)) is None:
        assert dragoman == drum
    else:
        assert dragoman == difference.expected(name, all_of_drum, dragoman), difference.reason
        assert dragoman != drum, "there is no such difference any more"


def test_every_difference_is_one_of_a_case() -> None:
    assert set(DIFFERENCES) <= {name for scenario in SCENARIOS for name in names(scenario)}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.scenario.name)
def test_neither_serves_what_cannot_be_served(mistake: Mistake, tmp_path: Path) -> None:
    model = mistake.scenario.custom_model(tmp_path / "folder")
    log = tmp_path / "dragoman.log"

    assert server.ends(Drum, model, tmp_path / "drum.log", WATCHED) == mistake.drum
    assert server.ends(Dragoman, model, log) == mistake.dragoman
    assert mistake.says in log.read_text()
