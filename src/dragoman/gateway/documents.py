"""What the gateway answers: every JSON shape of it. Payloads pass as the text that they came as."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

import orjson

from dragoman.gateway import payloads
from dragoman.gateway.jobs import Item, Job
from dragoman.gateway.ledger import Counts
from dragoman.gateway.states import FINAL, Status
from dragoman.gateway.workers import State, WorkerView

Document = dict[str, object]

LARGEST_TEXT = 10**6
"""Bytes of a stream's item from which on RunPod splits it."""

LISTED_ERROR = 500
"""Characters of an error in a list of jobs."""


def status_document(job: Job) -> Document:
    """What ``/status`` tells of a job, and what webhooks are sent. Times are in milliseconds, where they are known."""
    document: Document = {"id": job.id, "status": job.status}
    if job.status is Status.IN_QUEUE:
        return document
    document |= _known(delayTime=job.delay_time, executionTime=job.execution_time, workerId=job.worker)
    if job.retries:
        document["retries"] = job.retries
    return document | _outcome(job)


def ticket(job: Job) -> Document:
    """What is told of a job that was queued, cancelled, or waited for in vain: ``{"id", "status"}``."""
    return {"id": job.id, "status": job.status}


def stream(job: Job, outputs: Iterable[bytes]) -> Document:
    """What ``/stream`` tells: ``{"status", "stream": [{"output"}, …]}``; long texts in several pieces."""
    pieces = (piece for output in outputs for piece in _pieces(output))
    return {"status": job.status, "stream": [{"output": orjson.Fragment(piece)} for piece in pieces]}


def purged(removed: int) -> Document:
    """What ``/purge-queue`` tells."""
    return {"removed": removed, "status": "completed"}


def health(counts: Counts, workers: Collection[WorkerView]) -> Document:
    """What ``/health`` tells. No worker is ever throttled here."""
    states = Counter(worker.state for worker in workers if not worker.ended)
    jobs = {
        "completed": counts.completed,
        "failed": counts.failed,
        "inProgress": counts.in_progress,
        "inQueue": counts.in_queue,
        "retried": counts.retried,
    }
    counted = {state.lower(): states[state] for state in State}
    return {"jobs": jobs, "workers": {**counted, "ready": states[State.IDLE] + states[State.RUNNING], "throttled": 0}}


def assignment(job: Job) -> Document:
    """A job as a worker is handed it: ``{"id", "input", "webhook"?, "s3Config"?}``."""
    return {"id": job.id, "input": orjson.Fragment(job.input)} | _known(
        webhook=job.webhook, s3Config=_fragment(job.s3_config)
    )


def to_stop(ids: Sequence[str]) -> Document:
    """What a worker is told to stop."""
    return {"jobsToStop": ids}


def request_list(jobs: Sequence[Job], most: int) -> Document:
    """A page of jobs, the newest first; ``next`` is what to ask for older ones with."""
    following = jobs[-1].seq if len(jobs) == most else None
    return {"requests": [_summary(job) for job in jobs], "next": following}


def request_details(job: Job, items: Iterable[Item], *, with_input: bool) -> Document:
    """A job with all that is known of it, but for its input where that is not wanted, and a part of its stream."""
    given = {"input": orjson.Fragment(job.input)} if with_input else {}
    return {
        "request": _summary(job) | given | _outcome(job) | _known(webhook=job.webhook),
        "stream": [{"number": item.number, "output": orjson.Fragment(item.output)} for item in items],
    }


def worker_list(workers: Iterable[WorkerView]) -> Document:
    """All workers."""
    return {"workers": [_worker(worker) for worker in workers]}


def _summary(job: Job) -> Document:
    return {
        "seq": job.seq,
        "id": job.id,
        "kind": job.kind,
        "status": job.status,
        "createdAt": _milliseconds(job.submitted_at),
        "startedAt": _milliseconds(job.taken_at),
        "endedAt": _milliseconds(job.ended_at),
        "delayTime": job.delay_time,
        "executionTime": job.execution_time,
        "workerId": job.worker,
        "retries": job.retries,
    } | _known(error=job.error and job.error[:LISTED_ERROR])


def _worker(worker: WorkerView) -> Document:
    return {
        "id": worker.id,
        "state": worker.state,
        "jobs": worker.jobs,
        "lastSeen": _milliseconds(worker.seen_at),
        "leaving": worker.leaving,
        "version": worker.version,
        "managed": worker.managed,
        "problem": worker.problem,
    }


def _outcome(job: Job) -> Document:
    output = job.output if job.status in FINAL else job.progress
    return _known(output=_fragment(output), error=job.error)


def _known(**values: object) -> Document:
    return {name: value for name, value in values.items() if value is not None}


def _fragment(payload: bytes | None) -> orjson.Fragment | None:
    return None if payload is None else orjson.Fragment(payload)


def _milliseconds(moment: float | None) -> int | None:
    return None if moment is None else round(moment * 1000)


def _pieces(output: bytes) -> Iterator[bytes]:
    value = payloads.loads(output) if len(output) > LARGEST_TEXT else None
    if isinstance(value, str):
        yield from map(payloads.dumps, _split(value))
    else:
        yield output


def _split(text: str) -> Iterator[str]:
    """Cuts between characters, into pieces of that many bytes at most."""
    encoded = text.encode("utf-8", "surrogatepass")
    start = 0
    while start < len(encoded):
        end = min(start + LARGEST_TEXT, len(encoded))
        while end < len(encoded) and encoded[end] & 0xC0 == 0x80:
            end -= 1
        yield encoded[start:end].decode("utf-8", "surrogatepass")
        start = end
