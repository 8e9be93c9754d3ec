"""The engine's routes that a job may reach: those that answer requests to the model, and no others."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.settings.values import quote

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
MESSAGES = "/v1/messages"
RESPONSES = "/v1/responses"
TOKENIZE = "/tokenize"

_TO_POST = (
    *(CHAT, f"{CHAT}/batch", f"{CHAT}/render", COMPLETIONS, f"{COMPLETIONS}/render"),
    *(RESPONSES, MESSAGES, f"{MESSAGES}/count_tokens"),
    *("/v1/embeddings", "/pooling", "/classify", "/score", "/v1/score", "/rerank", "/v1/rerank", "/v2/rerank"),
    *(TOKENIZE, "/detokenize"),
)
_METHODS: Mapping[str, str] = MappingProxyType({"/v1/models": "GET", **dict.fromkeys(_TO_POST, "POST")})

# One response has a name of its own.
_RESPONSE = re.compile(r"/v1/responses/[A-Za-z0-9_-]+")
_CANCELLATION = re.compile(r"/v1/responses/[A-Za-z0-9_-]+/cancel")
_QUERY = re.compile(r"[A-Za-z0-9_.~%&=+,:\[\]-]*")


def split(route: str) -> tuple[str, bytes]:
    """The path and the query of a route that a job asks for.

    Raises:
        JobError: 404, where jobs may not go there.
    """
    path, _, query = route.partition("?")
    if _method(path) is None or not _QUERY.fullmatch(query):
        raise JobError(f"There is no route {quote(route)} for jobs.", 404)
    return path, query.encode()


def method_of(path: str) -> str:
    """The one method of an allowed path."""
    return _method(path) or "POST"


def names_model(path: str) -> bool:
    """Whether the bodies posted to an allowed path say which model is meant."""
    return path in _TO_POST


def _method(path: str) -> str | None:
    if _RESPONSE.fullmatch(path):
        return "GET"
    return "POST" if _CANCELLATION.fullmatch(path) else _METHODS.get(path)
