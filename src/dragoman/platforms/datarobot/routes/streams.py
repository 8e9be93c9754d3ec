"""Streams of server-sent events on their way to a client."""

import logging
from collections.abc import AsyncIterator

from starlette.types import Message, Send

from dragoman.engine.client import unexpected
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.json_text import json_text
from dragoman.platforms.datarobot.routes.refusals import BrokenStreamError
from dragoman.serving.events import DONE
from dragoman.serving.router import UnexpectedError

EVENT_STREAM = b"text/event-stream"
HEAD: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", EVENT_STREAM + b"; charset=utf-8")],
}

log = logging.getLogger("dragoman")


async def pour(said: bytes | None, more: AsyncIterator[bytes], send: Send) -> bytes:
    """Sends the events of a stream but for the last.

    Args:
        said: what the first event says; None where the stream is empty.
        more: what the others say.
        send: takes the messages.

    Returns:
        The last event: that the stream is over, or why it breaks off.
    """
    await send(HEAD)
    try:
        while said is not None:
            await send({"type": "http.response.body", "body": _event(said), "more_body": True})
            said = await anext(more, None)
    except BrokenStreamError as error:
        return _event(error.said)
    except DrumError as error:
        return _failure(error)
    except Exception as error:
        log.error("a stream broke off: %s", error, exc_info=unexpected(error))
        return _failure(DrumError(str(UnexpectedError(error))))
    return _event(DONE)


def _event(said: bytes) -> bytes:
    return b"data: " + said + b"\n\n"


def _failure(error: DrumError) -> bytes:
    content = {"message": f"ERROR: {error}", "type": "InternalServerError", "param": None, "code": error.status}
    return _event(json_text({"error": content}))
