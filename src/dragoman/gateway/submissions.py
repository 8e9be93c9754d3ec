"""A job as a client sends it."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

from dragoman.gateway import payloads
from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.policy import Policy
from dragoman.gateway.states import Kind


def new_id(kind: Kind) -> str:
    """An id as RunPod gives them: those of ``/run`` are plain, those that somebody waits for start with ``sync-``."""
    return f"{uuid4()}-u1" if kind is Kind.RUN else f"sync-{uuid4()}-u1"


@dataclass(frozen=True)
class Submission:
    """A job that is to be queued.

    Attributes:
        id: the job's id.
        kind: the route that it came by.
        input: JSON text, handed to the worker as it is.
        webhook: where to post the job's end.
        s3_config: JSON text for the worker's own use.
        policy: what the client asks for beside.
    """

    id: str
    kind: Kind
    input: bytes
    webhook: str | None = None
    s3_config: bytes | None = None
    policy: Policy = field(default_factory=Policy)

    @classmethod
    def read(cls, body: bytes, kind: Kind) -> Self:
        """Reads the body of ``/run`` or ``/runsync``; top-level keys that RunPod does not know are dropped.

        Raises:
            BadRequestError: it is no JSON object, has no input, or something else in it is not as documented.
        """
        try:
            request = payloads.loads(body)
            if not isinstance(request, dict):
                raise BadRequestError("the body is not a JSON object")
            if request.get("input") is None:
                raise BadRequestError('"input" is missing')
            given_input = payloads.dumps(request["input"])
            s3_config = _s3_config(request.get("s3Config"))
        except ValueError:
            raise BadRequestError("the body is not valid JSON, or is nested too deeply") from None
        return cls(
            new_id(kind),
            kind,
            given_input,
            _webhook(request.get("webhook")),
            s3_config,
            Policy.read(request.get("policy")),
        )


def _s3_config(given: object) -> bytes | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise BadRequestError("s3Config is not an object")
    return payloads.dumps(given)


def _webhook(given: object) -> str | None:
    if given is None or (isinstance(given, str) and _is_http_url(given)):
        return given
    raise BadRequestError("webhook is not an http or https URL")


def _is_http_url(text: str) -> bool:
    if " " in text or not text.isprintable():
        return False
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
