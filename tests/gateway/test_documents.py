import json
from dataclasses import replace

import orjson
import pytest

from dragoman.gateway import documents
from dragoman.gateway.jobs import Item, Job
from dragoman.gateway.ledger import Counts
from dragoman.gateway.states import Status
from dragoman.gateway.workers import State, WorkerView
from tests.gateway.rows import QUEUED

RUNNING = replace(QUEUED, status=Status.IN_PROGRESS, taken_at=1.5, worker="w", attempts=1)
ENDED = replace(RUNNING, ended_at=3.25)
COMPLETED = replace(ENDED, status=Status.COMPLETED, output=b"[1]")
FAILED = replace(ENDED, status=Status.FAILED, error="it broke")

TIMES = {"delayTime": 500, "executionTime": 1750, "workerId": "w"}
SUMMARY = {
    "seq": 7,
    "id": "a",
    "kind": "run",
    "status": "IN_QUEUE",
    "createdAt": 1000,
    "startedAt": None,
    "endedAt": None,
    "delayTime": None,
    "executionTime": None,
    "workerId": None,
    "retries": 0,
}
RUN = {"startedAt": 1500, "endedAt": 3250, "delayTime": 500, "executionTime": 1750, "workerId": "w"}


def written(document: object) -> object:
    found: object = orjson.loads(orjson.dumps(document))
    return found


@pytest.mark.parametrize(
    ("job", "document"),
    [
        (QUEUED, {"status": "IN_QUEUE"}),
        (replace(QUEUED, retries=1), {"status": "IN_QUEUE"}),
        (RUNNING, {"status": "IN_PROGRESS", "delayTime": 500, "workerId": "w"}),
        (
            replace(RUNNING, progress=b'"half"', retries=1),
            {"status": "IN_PROGRESS", "delayTime": 500, "workerId": "w", "output": "half", "retries": 1},
        ),
        (COMPLETED, {"status": "COMPLETED", **TIMES, "output": [1]}),
        (replace(COMPLETED, output=None), {"status": "COMPLETED", **TIMES}),
        (replace(COMPLETED, output=b"null"), {"status": "COMPLETED", **TIMES, "output": None}),
        (FAILED, {"status": "FAILED", **TIMES, "error": "it broke"}),
        (
            replace(FAILED, output=b'{"part":1}', retries=2),
            {"status": "FAILED", **TIMES, "output": {"part": 1}, "error": "it broke", "retries": 2},
        ),
        (replace(ENDED, status=Status.TIMED_OUT, error="late"), {"status": "TIMED_OUT", **TIMES, "error": "late"}),
        (replace(ENDED, status=Status.CANCELLED), {"status": "CANCELLED", **TIMES}),
        (replace(QUEUED, status=Status.CANCELLED, ended_at=2.0), {"status": "CANCELLED"}),
    ],
)
def test_status(job: Job, document: dict[str, object]) -> None:
    assert written(documents.status_document(job)) == {"id": "a", **document}


@pytest.mark.parametrize(("job", "status"), [(QUEUED, "IN_QUEUE"), (RUNNING, "IN_PROGRESS"), (COMPLETED, "COMPLETED")])
def test_a_ticket_is_the_id_and_where_the_job_is(job: Job, status: str) -> None:
    assert written(documents.ticket(job)) == {"id": "a", "status": status}


@pytest.mark.parametrize(
    ("outputs", "stream"),
    [
        ([], []),
        ([b'"data: {}\\n\\n"', b'{"text":"Hi"}', b"null"], ["data: {}\n\n", {"text": "Hi"}, None]),
        # What is no text is in one piece, whatever its size.
        ([b'["%s"]' % (b"x" * 2_000_000)], [["x" * 2_000_000]]),
        ([b'"%s"' % (b"x" * 1_000_000)], ["x" * 1_000_000]),
        ([b'"%s"' % (b"x" * 2_000_001), b'"y"'], ["x" * 1_000_000, "x" * 1_000_000, "x", "y"]),
        # A character is not cut: each of these takes three bytes.
        ([b'"%s"' % ("€" * 400_000).encode()], ["€" * 333_333, "€" * 66_667]),
        ([b'"%s"' % (b"x" * 999_999 + "😀".encode())], ["x" * 999_999, "😀"]),
        # Half a pair of UTF-16, as Python's json writes it.
        ([b'"%s\\ud83d"' % (b"x" * 1_000_000)], ["x" * 1_000_000, "\ud83d"]),
    ],
    ids=[
        "nothing",
        "small",
        "a large object",
        "a text of one megabyte",
        "a larger text",
        "wide characters",
        "a wide character at the cut",
        "a lone surrogate",
    ],
)
def test_stream(outputs: list[bytes], stream: list[object]) -> None:
    document = orjson.dumps(documents.stream(RUNNING, outputs))
    expected = {"status": "IN_PROGRESS", "stream": [{"output": output} for output in stream]}
    assert json.loads(document) == expected


def test_purged() -> None:
    assert documents.purged(3) == {"removed": 3, "status": "completed"}


@pytest.mark.parametrize(
    ("states", "workers"),
    [
        ([], {}),
        ([State.IDLE, State.IDLE, State.RUNNING], {"idle": 2, "running": 1, "ready": 3}),
        ([State.INITIALIZING, State.UNHEALTHY], {"initializing": 1, "unhealthy": 1}),
    ],
)
def test_health(states: list[State], workers: dict[str, int]) -> None:
    none = dict.fromkeys(("idle", "initializing", "ready", "running", "throttled", "unhealthy"), 0)
    counts = Counts(in_queue=1, in_progress=2, completed=3, failed=4, retried=5)
    views = [WorkerView(str(number), state, 0, 0.0) for number, state in enumerate(states)]
    assert written(documents.health(counts, views)) == {
        "jobs": {"completed": 3, "failed": 4, "inProgress": 2, "inQueue": 1, "retried": 5},
        "workers": none | workers,
    }


@pytest.mark.parametrize(
    ("job", "more"),
    [
        (RUNNING, {}),
        (replace(RUNNING, webhook="http://w/"), {"webhook": "http://w/"}),
        (replace(RUNNING, s3_config=b'{"accessId":"x"}'), {"s3Config": {"accessId": "x"}}),
    ],
)
def test_assignment(job: Job, more: dict[str, object]) -> None:
    assert written(documents.assignment(job)) == {"id": "a", "input": {"prompt": "Hi"}, **more}


def test_to_stop() -> None:
    assert written(documents.to_stop(["a", "b"])) == {"jobsToStop": ["a", "b"]}


@pytest.mark.parametrize(
    ("job", "more"),
    [
        (QUEUED, {}),
        (COMPLETED, {"status": "COMPLETED", **RUN}),
        (FAILED, {"status": "FAILED", **RUN, "error": "it broke"}),
        (replace(FAILED, error="x" * 501, retries=1), {"status": "FAILED", **RUN, "error": "x" * 500, "retries": 1}),
    ],
)
def test_a_job_in_the_list(job: Job, more: dict[str, object]) -> None:
    assert written(documents.request_list([job], 2)) == {"requests": [SUMMARY | more], "next": None}


@pytest.mark.parametrize(("seqs", "following"), [([], None), ([9], None), ([9, 8], 8)])
def test_a_full_list_says_where_the_next_begins(seqs: list[int], following: int | None) -> None:
    assert documents.request_list([replace(QUEUED, seq=seq) for seq in seqs], 2)["next"] == following


@pytest.mark.parametrize(
    ("job", "more"),
    [
        (QUEUED, {}),
        (replace(QUEUED, webhook="http://w/", s3_config=b'{"accessSecret":"x"}'), {"webhook": "http://w/"}),
        (replace(QUEUED, status=Status.IN_PROGRESS, progress=b'"half"'), {"status": "IN_PROGRESS", "output": "half"}),
        (COMPLETED, {"status": "COMPLETED", **RUN, "output": [1]}),
        (replace(FAILED, error="x" * 501), {"status": "FAILED", **RUN, "error": "x" * 501}),
    ],
)
def test_the_details_of_a_job(job: Job, more: dict[str, object]) -> None:
    document = written(documents.request_details(job, [Item(3, b'"x"'), Item(4, b"{}")], with_input=True))
    assert document == {
        "request": SUMMARY | {"input": {"prompt": "Hi"}} | more,
        "stream": [{"number": 3, "output": "x"}, {"number": 4, "output": {}}],
    }


def test_the_details_of_a_job_without_its_input() -> None:
    document = written(documents.request_details(QUEUED, [], with_input=False))
    assert document == {"request": SUMMARY, "stream": []}


@pytest.mark.parametrize(
    ("view", "document"),
    [
        (
            WorkerView("w", State.IDLE, 0, 1.5),
            {"state": "IDLE", "jobs": 0, "leaving": False, "version": None, "managed": False, "problem": None},
        ),
        (
            WorkerView("w", State.UNHEALTHY, 2, 1.5, None, True, "1.10.0", True, "no GPU", True),
            {
                "state": "UNHEALTHY",
                "jobs": 2,
                "leaving": True,
                "version": "1.10.0",
                "managed": True,
                "problem": "no GPU",
            },
        ),
    ],
)
def test_a_worker_in_the_list(view: WorkerView, document: dict[str, object]) -> None:
    assert written(documents.worker_list([view])) == {"workers": [{"id": "w", "lastSeen": 1500, **document}]}
