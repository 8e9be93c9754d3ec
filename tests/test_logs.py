import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman import logs
from dragoman.serving.observing.request_context import RequestContext, working_on

LOGGERS = ("dragoman", "uvicorn")
log = logging.getLogger("dragoman")


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Leaves the loggers as they were."""
    kept = {
        name: (each.handlers[:], each.level, each.propagate) for name in LOGGERS if (each := logging.getLogger(name))
    }
    yield
    for name, (handlers, level, propagate) in kept.items():
        logger = logging.getLogger(name)
        logger.handlers[:], logger.level, logger.propagate = handlers, level, propagate
        logger.manager._clear_cache()  # type: ignore[attr-defined]


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    log.warning("%d\nlines", 2, extra={logs.TOLD: {"lines": 2}, logs.FIELDS: {"bytes": 7, "client": None}})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(logs.JSON_BEGINS)
    told = json.loads(line)
    assert list(told) == ["time", "level", "logger", "message", "pid", "lines", "bytes"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["time"])
    assert told["level"] == "WARNING"
    assert told["logger"] == "dragoman"
    assert told["message"] == "2\nlines"


def test_within_a_request_its_names_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    with working_on(RequestContext("abc", trace_id="f00")):
        log.info("hello")
    (told,) = objects(capsys)
    assert told["request_id"] == "abc"
    assert told["trace_id"] == "f00"


def test_an_exception_is_one_field(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    try:
        raise ValueError("bad")
    except ValueError:
        log.exception("failed")
    (told,) = objects(capsys)
    assert told["message"] == "failed"
    assert told["exception"].startswith("Traceback (most recent call last):\n")
    assert told["exception"].endswith("ValueError: bad")


@pytest.mark.parametrize(
    ("logger", "name"), [("dragoman.access", "access"), ("uvicorn.error", "uvicorn"), ("dragoman", "dragoman")]
)
def test_the_source_is_told(logger: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    logging.getLogger(logger).warning("hello")
    assert objects(capsys)[0]["logger"] == name


def test_half_a_surrogate_pair_does_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    log.info("half \ud800")
    assert objects(capsys)[0]["message"] == "half \\ud800"


@pytest.mark.parametrize(
    ("logger", "line"),
    [
        ("dragoman", "dragoman | hello there bytes=7"),
        ("dragoman.access", "access | hello there bytes=7"),
        ("uvicorn.error", "dragoman | hello there bytes=7"),
    ],
)
def test_people_see_what_the_message_does_not_tell(logger: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("human", "INFO")
    extra = {logs.TOLD: {"whom": "there"}, logs.FIELDS: {"bytes": 7, "client": None}}
    logging.getLogger(logger).warning("hello %s", "there", extra=extra)
    (told,) = capsys.readouterr().err.splitlines()
    assert told == line
    assert told.startswith(logs.HUMAN_BEGINS)


@pytest.mark.parametrize(("level", "told"), [("DEBUG", 3), ("INFO", 2), ("WARNING", 1), ("CRITICAL", 0)])
def test_the_level_is_that_of_the_workers_own_loggers(
    level: str, told: int, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("human", level)
    log.debug("one")
    logging.getLogger("dragoman.access").info("two")
    log.warning("three")
    assert len(capsys.readouterr().err.splitlines()) == told
