import json
from io import StringIO
from typing import Literal

import pytest
from rich.console import Console

from bench import job_report
from bench.job_report import JobLine
from bench.job_rounds import ANSWERS, FIRST_TOKEN, SLOW_POSTS, JobVisit, Measure, Pair
from bench.machine import Noise

QUIET = Noise(load_average=0.0, busy=0.0)
VISIT = JobVisit(
    QUIET,
    (
        Pair(1, ANSWERS, 38.0, 40.0),
        Pair(1, FIRST_TOKEN, 16.0, 14.0),
        Pair(1, SLOW_POSTS, 9.0, None),
        Pair(2, ANSWERS, 40.0, 50.0),
        Pair(2, FIRST_TOKEN, 18.0, 13.0),
        Pair(2, SLOW_POSTS, 12.0, None),
        Pair(3, ANSWERS, 45.0, 50.0),
        Pair(3, FIRST_TOKEN, 20.0, 21.0),
        Pair(3, SLOW_POSTS, 10.0, None),
    ),
    (),
)


def test_medians_and_what_is_compared_round_by_round() -> None:
    answers, first_token, posts = job_report.lines([VISIT])
    assert (answers.value, answers.beside) == (40.0, 50.0)
    assert (answers.lowest, answers.compared, answers.highest) == pytest.approx((0.8, 0.9, 0.95))
    assert (first_token.lowest, first_token.compared, first_token.highest) == (-1.0, 2.0, 5.0)
    assert (posts.value, posts.beside) == (10.0, None)
    assert (posts.lowest, posts.compared, posts.highest) == (9.0, 10.0, 12.0)


@pytest.mark.parametrize(
    ("by", "target", "compared", "met"),
    [
        ("ratio", 0.95, 0.95, True),
        ("ratio", 0.95, 0.94, False),
        ("difference", 10, -3.0, True),
        ("difference", 10, 10.5, False),
        ("value", 20, 20.0, True),
        ("value", 20, 21.0, False),
        ("ratio", None, 0.5, None),
    ],
)
def test_targets(
    by: Literal["ratio", "difference", "value"], target: float | None, compared: float, met: bool | None
) -> None:
    measure = Measure("", "", "", by, target)
    assert JobLine(measure, 0.0, 0.0, compared, compared, compared).met is met


def test_the_table_fits_a_terminal() -> None:
    console = Console(width=80, file=StringIO())
    with console.capture() as capture:
        console.print(job_report.table(job_report.lines([VISIT]), "a title", ("jobs", "HTTP")))
    text = " ".join(capture.get().split())
    assert "answers (requests/s) 40.00 50.00 0.900 0.800…0.950 ≥ 0.95" in text
    assert "first token (ms) 18.00 14.00 +2.0 -1.0…+5.0 ≤ 10" in text
    assert "200 tokens (posts) 10.00 10 9…12 ≤ 20" in text


def test_notes_name_what_was_left_behind_and_what_was_loud() -> None:
    visit = JobVisit(Noise(load_average=99.0, busy=0.0), (), ("VLLM::EngineCore (7)",))
    left, loud = job_report.notes([visit], "jobs")
    assert left == "jobs: had to be killed after SIGTERM: VLLM::EngineCore (7)."
    assert loud.startswith("Not a quiet machine for jobs")


def test_the_document_is_json() -> None:
    document = json.loads(json.dumps(job_report.document([VISIT], "jobs", {"dragoman": ["serve"]})))["jobs"]
    assert document["commands"] == {"dragoman": ["serve"]}
    assert document["summary"][0]["measure"]["target"] == 0.95
    assert document["summary"][0]["value"] == 40.0
    assert document["visits"][0]["pairs"][2]["beside"] is None
