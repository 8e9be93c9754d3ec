"""What a failed job says, whoever found the fault: message, type, param and code, as vLLM's errors do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from dragoman.errors import DragomanError

PHRASES = {status.value: status.phrase for status in HTTPStatus}
NO_ROUTE = "The engine does not serve this route with this model."
CANCELLED = 499


class JobError(DragomanError):
    """A job that cannot be done.

    Args:
        message: what is wrong.
        code: the HTTP status that says the same.
        kind: the error's type, if it is not the one that vLLM has for the status.
        param: the field of the request that is wrong.
    """

    def __init__(self, message: str, code: int = 400, kind: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = code
        self.body = {"message": message, "type": kind or kind_of(code), "param": param, "code": code}

    def item(self) -> dict[str, str]:
        """What makes RunPod's SDK post the job as failed: ``error``, which it takes for text."""
        return {"error": orjson.dumps(self.body).decode()}


def kind_of(code: int) -> str:
    """The type that vLLM's errors have for a status: BadRequestError, NotFoundError and so on."""
    phrase = PHRASES.get(code, PHRASES[400 if code < 500 else 500]).replace(" ", "")
    return phrase if phrase.endswith("Error") else phrase + "Error"


def internal() -> JobError:
    """The worker's own fault, whose details are in its log."""
    return JobError("Internal error: the worker could not do this job.", 500)


def broken_off() -> JobError:
    """An answer of the engine that ended too early."""
    return JobError("The engine broke off its answer.", 500)


def too_late(seconds: float) -> JobError:
    """A job that took longer than it may."""
    return JobError(f"The job was not done within {seconds:g} s.", 504)


def cancelled() -> JobError:
    """A job that nobody wants any more."""
    return JobError("The job was cancelled.", CANCELLED, "CancelledError")


def from_answer(status: int, body: bytes) -> JobError:
    """The error in an answer of the engine, in any of the shapes that there are.

    Args:
        status: the answer's HTTP status.
        body: JSON of vLLM (nested, or flat before release 0.15), of FastAPI or of the Anthropic routes, or anything.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = None
    return from_content(content, status)


def from_content(content: object, status: int = 500) -> JobError:
    """The error in what JSON made of an answer or an event.

    Args:
        content: the whole, or the error alone.
        status: the code, where the error has none.
    """
    fields: Any = content
    if isinstance(fields, Mapping):
        fields = fields.get("error") or fields
    if not isinstance(fields, Mapping):
        fields = {"message": fields}
    code = fields.get("code")
    code = code if isinstance(code, int) and 400 <= code < 600 else status
    message = _message(fields) or f"The engine answered with HTTP status {status}."
    kind, param = fields.get("type"), fields.get("param")
    return JobError(
        NO_ROUTE if message == PHRASES[404] else message,
        code,
        kind if isinstance(kind, str) and kind not in ("", "error", PHRASES.get(code)) else None,
        param if isinstance(param, str) else None,
    )


def _message(fields: Mapping[str, Any]) -> str:
    """An error's text; FastAPI has a list of problems, each with its place."""
    text = fields.get("message") or fields.get("detail")
    if isinstance(text, list):
        return "; ".join(_problem(each) for each in text)
    return text if isinstance(text, str) else ""


def _problem(problem: object) -> str:
    if not isinstance(problem, Mapping):
        return str(problem)
    place = ".".join(map(str, problem.get("loc") or ()))
    return f"{place}: {problem.get('msg')}" if place else str(problem.get("msg"))
