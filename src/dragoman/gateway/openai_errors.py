"""Errors as OpenAI's clients expect them, made of whatever shape a worker has for one."""

import ast
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

from starlette.responses import Response

from dragoman.gateway import payloads
from dragoman.gateway.jobs import Job
from dragoman.gateway.states import Status

NESTING = 5
LONGEST_LITERAL = 100_000
UNEXPLAINED = "The worker failed without saying why."
PHRASES = {status.value: status.phrase for status in HTTPStatus} | {499: "Cancelled"}

MESSAGES = ("message", "error_message", "detail", "error")
"""Where workers have the text: OpenAI and vLLM, RunPod's SDK for an exception in a plain handler, FastAPI, anybody."""

SHAPES = (
    # RunPod's SDK, for an exception in a generator.
    re.compile(r"handler: (?P<message>.*?) \ntraceback: .*", re.DOTALL),
    # Atomic and possessive: a text may hold thousands of tracebacks, and each would be tried with each line.
    re.compile(r"(?>.*?Traceback \(most recent call last\):).*\n(?P<message>\S[^\n]*+)\s*+", re.DOTALL),
    # worker-vllm since 2.24, which puts all of vLLM's answer into the message.
    re.compile(r"vLLM returned HTTP (?P<status>[45]\d\d): (?P<message>.*)", re.DOTALL),
)
"""Texts that hold more than the message."""

STATUSES: Mapping[str, int] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)
"""The types that stand for a status where there is no code: https://docs.anthropic.com/en/api/errors, and OpenAI's."""

EXPIRED = (504, "The job expired before it was done.")
WORKER_LOST = "its worker was lost in mid-stream; the job has been cancelled"
SHUTTING_DOWN = "the gateway is shutting down"
QUEUED_AGAIN = (503, "Somebody had the job run again before its answer was read; it has been cancelled.")

ENDS: Mapping[Status, tuple[int, str]] = MappingProxyType(
    {
        Status.TIMED_OUT: (504, "The job ran longer than it may."),
        Status.CANCELLED: (499, "The job was cancelled."),
    }
)
"""What is said of jobs that no worker has ended."""


@dataclass(frozen=True)
class OpenAIError:
    """An error in OpenAI's form, and the HTTP status that it has.

    Attributes:
        code: as the worker gives it where that is more than the status.
    """

    status: int
    message: str
    type: str
    param: str | None = None
    code: str | int | None = None

    @classmethod
    def of(
        cls, status: int, message: str, kind: object = None, param: object = None, code: object = None
    ) -> "OpenAIError":
        """The error with vLLM's name for the status as its type, and the status as its code, where it has none."""
        return cls(
            status,
            message,
            kind if isinstance(kind, str) and kind not in ("", "error") else _kind(status),
            param if isinstance(param, str) else None,
            code if isinstance(code, str) and code and _status(code) is None else status,
        )

    @property
    def body(self) -> bytes:
        """The error as the body of an answer."""
        fields = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return payloads.dumps({"error": fields})

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """The answer that tells the error."""
        return Response(self.body, self.status, dict(headers or {}), media_type="application/json")


def of_job(job: Job | None) -> OpenAIError:
    """Why a job has no answer.

    Args:
        job: as it was last seen; None where it is gone.
    """
    if job is None:
        return OpenAIError.of(*EXPIRED)
    if job.status is Status.FAILED:
        return of_text(job.error or UNEXPLAINED)
    status, message = ENDS.get(job.status, QUEUED_AGAIN)
    return OpenAIError.of(status, job.error or message)


def broken_off(why: str) -> OpenAIError:
    """What ends a stream of which a part is with the client already.

    Args:
        why: ``WORKER_LOST`` or ``SHUTTING_DOWN``.
    """
    return OpenAIError.of(503, f"The answer was broken off: {why}.")


def of_text(text: str, status: int = 500, depth: int = NESTING) -> OpenAIError:
    """The error that a worker's text tells.

    Args:
        text: JSON, or what Python's ``str`` makes of a dictionary, as RunPod's SDK does with one; or just a text.
        status: the status of an error that has no code.
        depth: how many more texts within texts are looked into.
    """
    found = _object(text) if depth else None
    if found is not None:
        return _of_object(found, status, depth - 1)
    for shape in SHAPES if depth else ():
        if match := shape.fullmatch(text):
            said = match.groupdict()
            return of_text(said["message"], int(said.get("status") or status), depth - 1)
    return OpenAIError.of(status, text.strip() or UNEXPLAINED)


def of_answer(answer: object) -> OpenAIError | None:
    """The error that an answer, or an event of a stream, is; None for one that is none.

    OpenAI's objects may have an ``error`` of their own, which is not that of the request.
    """
    if not isinstance(answer, dict):
        return None
    if answer.get("type") == "response.failed" and isinstance(answer.get("response"), dict):
        return _of_object({"error": answer["response"].get("error")}, 500, NESTING)
    is_error = "error" in (answer.get("object"), answer.get("type"))
    return _of_object(answer, 500, NESTING) if is_error or (answer.get("error") and "object" not in answer) else None


def _of_object(fields: Mapping[str, object], status: int, depth: int) -> OpenAIError:
    while isinstance(inner := fields.get("error"), dict):
        fields = inner
    kind, code = fields.get("type") or _class(fields.get("error_type")), fields.get("code")
    own_status = _status(code) or STATUSES.get(str(kind))
    said = of_text(_message(fields), own_status or status, depth)
    if own_status is None and said.status != status:
        return said
    return OpenAIError.of(own_status or status, said.message, kind, fields.get("param"), code)


def _message(fields: Mapping[str, object]) -> str:
    said = next((value for name in MESSAGES if (value := fields.get(name))), fields or UNEXPLAINED)
    if isinstance(said, str):
        return said
    try:
        return payloads.dumps(said).decode()
    except (TypeError, ValueError):
        return str(said)


def _object(text: str) -> Mapping[str, object] | None:
    """The object with a message that the text is, in JSON or as a literal of Python."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = payloads.loads(text.encode(errors="replace"))
    except ValueError:
        found = _literal(text)
    return found if isinstance(found, dict) and any(map(found.get, MESSAGES)) else None


def _literal(text: str) -> object:
    if len(text) > LONGEST_LITERAL:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _status(code: object) -> int | None:
    """The HTTP status that a code is."""
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code[:4])
    if isinstance(code, bool) or not isinstance(code, int | float):
        return None
    return int(code) if 400 <= code < 600 and code == int(code) else None


def _class(name: object) -> str | None:
    """The name in ``<class 'module.Name'>``."""
    match = re.fullmatch(r"<class '(?:\w+\.)*(\w+)'>", name) if isinstance(name, str) else None
    return match[1] if match else None


def _kind(status: int) -> str:
    """The type that vLLM's errors have for a status: BadRequestError, NotFoundError and so on."""
    phrase = PHRASES.get(status, PHRASES[400 if status < 500 else 500]).replace(" ", "").replace("-", "")
    return phrase if phrase.endswith("Error") else phrase + "Error"
