from dataclasses import replace

import pytest

from dragoman.gateway.jobs import Result
from tests.gateway.rows import QUEUED


@pytest.mark.parametrize(
    ("taken_at", "ended_at", "times"),
    [
        (None, None, (None, None)),
        (1000.25, None, (250, None)),
        (1000.25, 1002.5, (250, 2250)),
        (None, 1002.5, (None, None)),
        (999.0, 998.0, (0, 0)),
    ],
)
def test_times(taken_at: float | None, ended_at: float | None, times: tuple[int | None, int | None]) -> None:
    job = replace(QUEUED, submitted_at=1000.0, queued_at=1000.0, taken_at=taken_at, ended_at=ended_at)
    assert (job.delay_time, job.execution_time) == times


def deep() -> list[object]:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ({"output": [1, "a"]}, Result(b'[1,"a"]', None)),
        ({"output": None}, Result(b"null", None)),
        ({}, Result(None, None)),
        ({"error": "it broke"}, Result(None, "it broke")),
        ({"output": {"a": 1}, "error": "it broke"}, Result(b'{"a":1}', "it broke")),
        ({"error": {"code": 400}}, Result(None, '{"code":400}')),
        ({"error": 17}, Result(None, "17")),
        ({"output": 1, "error": ""}, Result(b"1", None)),
        ({"output": 1, "error": None}, Result(b"1", None)),
        ({"error": "bad byte \udc80"}, Result(None, "bad byte ?")),
        ({"output": 1, "stopPod": True}, Result(b"1", None)),
        ([1], Result(None, "The worker's result is not a JSON object.")),
        (None, Result(None, "The worker's result is not a JSON object.")),
        ({"output": deep()}, Result(None, "The worker's result is nested too deeply.")),
    ],
    ids=range(14),
)
def test_results(body: object, result: Result) -> None:
    assert Result.read(body) == result
