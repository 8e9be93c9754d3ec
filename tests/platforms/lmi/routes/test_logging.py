import io
import logging
from collections.abc import Iterator

import pytest

from dragoman.platforms.lmi.routes.logging import set_level
from dragoman.serving.table import Route
from tests.platforms.lmi.asking import ask, options
from tests.platforms.lmi.workers import routed

pytestmark = pytest.mark.anyio

APP = routed([Route("POST", "/server/logging", set_level)], options())
LOGGERS = [logging.getLogger(name) for name in ("dragoman", "vllm")]


@pytest.fixture(autouse=True)
def _levels_as_they_were() -> Iterator[None]:
    levels = [logger.level for logger in LOGGERS]
    yield
    for logger, level in zip(LOGGERS, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize(
    ("query", "level"),
    [
        ("?level=debug", logging.DEBUG),
        ("?level=TRACE", logging.DEBUG),
        ("?level=Warn", logging.WARNING),
        ("?level=ERROR", logging.ERROR),
        ("?level=fatal", logging.CRITICAL),
        ("", logging.INFO),
    ],
)
async def test_a_level_is_set(query: str, level: int) -> None:
    assert (await ask(APP, "POST", f"/server/logging{query}")).told == (200, {"status": "OK"})
    assert [logger.level for logger in LOGGERS] == [level, level]


async def test_off_is_off() -> None:
    await ask(APP, "POST", "/server/logging?level=OFF")
    assert not any(logger.isEnabledFor(logging.CRITICAL) for logger in LOGGERS)


async def test_handlers_let_the_level_pass() -> None:
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.setLevel(logging.INFO)
    LOGGERS[1].addHandler(handler)
    try:
        await ask(APP, "POST", "/server/logging?level=DEBUG")
        LOGGERS[1].debug("a detail")
    finally:
        LOGGERS[1].removeHandler(handler)
    assert shown.getvalue() == "a detail\n"


async def test_a_level_that_there_is_not_is_refused() -> None:
    before = [logger.level for logger in LOGGERS]
    status, content = (await ask(APP, "POST", "/server/logging?level=loud")).told
    assert (status, content["type"]) == (400, "BadRequestException")
    assert content["message"].startswith("Log level loud is none of ALL, TRACE, DEBUG, INFO, WARN")
    assert [logger.level for logger in LOGGERS] == before
