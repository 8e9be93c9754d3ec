"""How each dialect says that something went wrong."""

from typing import Any

import orjson

from hardening.fuzz.requests import Got

OPENAI = frozenset(("message", "type", "code"))
SERVER = frozenset(("code", "type", "message"))
HANDLER = frozenset(("error", "code"))
DRUM = ("message", "error", "detail")
PAGE = b"<!doctype html>"


def openai(got: Got) -> bool:
    """``{"error": {message, type, param, code}}``."""
    return is_openai(got.content())


def is_openai(content: object) -> bool:
    """Whether this is OpenAI's error."""
    error = content.get("error") if isinstance(content, dict) else None
    return isinstance(error, dict) and error.keys() >= OPENAI and isinstance(error["message"], str)


def lmi(got: Got) -> bool:
    """What DJL Serving says, what its handler says, or OpenAI's."""
    content = got.content()
    return isinstance(content, dict) and (content.keys() >= SERVER or content.keys() >= HANDLER or is_openai(content))


def datarobot(got: Got) -> bool:
    """What DRUM says (in any of three ways), Flask's page, or OpenAI's."""
    content = got.content()
    drums = isinstance(content, dict) and any(isinstance(content.get(name), str) for name in DRUM)
    return drums or got.body.startswith(PAGE) or is_openai(content)


def gateway(got: Got) -> bool:
    """What RunPod's API says, or OpenAI's."""
    content = got.content()
    return isinstance(content, dict) and (isinstance(content.get("error"), str) or is_openai(content))


def failed_job(document: dict[str, Any]) -> bool:
    """A failed job's ``error`` is a string that holds OpenAI's error as JSON."""
    try:
        error = orjson.loads(document.get("error") or "")
    except (orjson.JSONDecodeError, TypeError):
        return False
    return isinstance(error, dict) and error.keys() >= OPENAI
