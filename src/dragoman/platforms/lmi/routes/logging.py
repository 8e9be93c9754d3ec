"""/server/logging: how much the worker and vLLM say."""

import logging

from starlette.requests import Request
from starlette.responses import Response

from dragoman.platforms.lmi.errors import bad_request, named
from dragoman.platforms.lmi.routes.documents import status

# Those of log4j, which DJL Serving has.
LEVELS = {
    "ALL": logging.DEBUG,
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
    "OFF": logging.CRITICAL + 1,
}
LOGGERS = ("dragoman", "vllm")


async def set_level(request: Request) -> Response:
    """Sets the level that ``level`` names, in any case; INFO where it names none.

    Raises:
        ServerError: there is no such level.
    """
    level = request.query_params.get("level") or "INFO"
    if level.upper() not in LEVELS:
        raise bad_request(f"Log level {named(level)} is none of {', '.join(LEVELS)}.")
    for name in LOGGERS:
        _set(logging.getLogger(name), LEVELS[level.upper()])
    return status("OK")


def _set(logger: logging.Logger, level: int) -> None:
    logger.setLevel(level)
    # Those of vLLM have a level of their own.
    for handler in logger.handlers:
        handler.setLevel(level)
