"""What must hold of every answer to every request."""

from collections.abc import Iterator

from hardening.fuzz.dialects import Dialect
from hardening.fuzz.forms import failed_job
from hardening.fuzz.requests import Got, Sent
from hardening.outcome import Breach

LONGEST_ECHO = 256
STRIDE = LONGEST_ECHO // 4

NO_FAULT = "no request makes a server error"
FORM = "an error has the dialect's form"
ECHO = f"an error repeats less than {LONGEST_ECHO + STRIDE} characters of the request"
JOB = "a failed job says why in OpenAI's form"
JSON = "what is said to be JSON is JSON"


def judge(dialect: Dialect, sent: Sent, got: Got) -> Iterator[Breach]:
    """Find the promises that an answer breaks."""
    evidence = f"{dialect.name}: {sent} -> {got}"
    if got.status >= 500 and got.status not in dialect.faults:
        yield Breach.of(NO_FAULT, evidence)
    if got.status >= 400:
        yield from _judge_error(dialect, sent, got, evidence)
    elif got.kind == "application/json" and got.body and got.content() is None and sent.method != "HEAD":
        yield Breach.of(JSON, evidence)
    if _is_failed_job(got) and not failed_job(got.content()):
        yield Breach.of(JOB, evidence)


def _judge_error(dialect: Dialect, sent: Sent, got: Got, evidence: str) -> Iterator[Breach]:
    if sent.method != "HEAD" and not dialect.says_error(got):
        yield Breach.of(FORM, evidence)
    if echo(sent.body, got.body):
        yield Breach.of(ECHO, evidence)


def echo(asked: bytes, answered: bytes) -> bool:
    """Whether a long piece of the answer is a piece of the request."""
    starts = range(0, len(answered) - LONGEST_ECHO + 1, STRIDE)
    return any(answered[start : start + LONGEST_ECHO] in asked for start in starts)


def _is_failed_job(got: Got) -> bool:
    content = got.content() if got.status == 200 and got.kind == "application/json" else None
    return isinstance(content, dict) and content.get("status") == "FAILED"
