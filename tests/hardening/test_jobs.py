"""Which jobs count as lost."""

from typing import Any

import pytest

from hardening.chaos.jobs import DOUBLED, ONCE, RIGHT, Job, Jobs

DONE = {"status": "COMPLETED", "output": [{"usage": {"output": 1}}, {"usage": {"output": 3}}]}


def jobs(*told: dict[str, Any], unsure: int = 0) -> Jobs:
    """One accepted job, of which this was told."""
    job = Job("a", 3, openai=False)
    for document in told:
        job.see(document)
    return Jobs("http://h", 1, 3, [job], unsure)


def listed(*ids: str, kind: str = "run", status: str = "COMPLETED") -> list[dict[str, Any]]:
    return [{"id": each, "kind": kind, "status": status} for each in ids]


@pytest.mark.parametrize("told", [DONE, {"status": "FAILED"}, {"status": "CANCELLED"}])
def test_a_job_that_ended_once(told: dict[str, Any]) -> None:
    assert list(jobs({"status": "IN_PROGRESS"}, told, told).breaches()) == []


@pytest.mark.parametrize("told", [[], [{"status": "IN_QUEUE"}], [DONE, {"status": "FAILED"}]])
def test_a_job_that_did_not(told: list[dict[str, Any]]) -> None:
    assert [breach.promise for breach in jobs(*told).breaches()] == [ONCE]


@pytest.mark.parametrize("counts", [[], [2], [1, 2], [1, 3, 1, 3], [3, 3], [4]])
def test_output_that_is_not_whole_or_not_once(counts: list[int]) -> None:
    output = [{"usage": {"output": count}} for count in counts]
    assert [breach.promise for breach in jobs({"status": "COMPLETED", "output": output}).breaches()] == [RIGHT]


def test_a_job_that_nobody_knows_of_is_one_whose_submission_was_not_answered() -> None:
    assert list(jobs(DONE, unsure=1).doubled(listed("a", "b"))) == []
    assert [breach.promise for breach in jobs(DONE, unsure=1).doubled(listed("a", "b", "c"))] == [DOUBLED]


def test_requests_to_openais_api_are_jobs_that_nobody_submitted() -> None:
    assert list(jobs(DONE).doubled(listed("b", kind="openai"))) == []


def test_no_job_may_be_left_over() -> None:
    assert [breach.promise for breach in jobs(DONE).doubled(listed("a", status="IN_PROGRESS"))] == [ONCE]
