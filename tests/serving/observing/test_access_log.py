import logging
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.logs import FIELDS, TOLD
from dragoman.serving.observing.access_log import AccessLog, job_logged
from dragoman.serving.observing.observed import Observed
from dragoman.serving.observing.request_context import CURRENT
from tests.serving.exchanges import asked, body, head, saying, scope

pytestmark = pytest.mark.anyio


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]

    @property
    def fields(self) -> dict[str, Any]:
        (record,) = self.records
        return {**getattr(record, TOLD), **getattr(record, FIELDS)}


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler, log = Kept(), logging.getLogger("dragoman.access")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield handler
    log.removeHandler(handler)
    log.setLevel(level)


def access_log(*, expects_failures: bool = False) -> AccessLog:
    return AccessLog("plain", lambda path: path == "/health", ("/unlogged",), expects_failures=expects_failures)


async def logged(path: str, status: int, log: AccessLog) -> None:
    app = Observed(saying(head(status), body(b"hello")), [log], route_of=lambda path: "route")
    await asked(app, scope(path, "GET", [(b"x-request-id", b"abc")]))


async def test_a_request_is_one_line(kept: Kept) -> None:
    await logged("/v1/models", 200, access_log())
    assert kept.messages == ["GET /v1/models 200"]
    assert kept.fields.pop("seconds") >= kept.fields.pop("first_byte") >= 0
    expected = {
        "method": "GET",
        "path": "/v1/models",
        "status": 200,
        "bytes": 5,
        "client": "10.0.0.1:5000",
        "platform": "plain",
        "route": "route",
        "outcome": None,
        "request_id": "abc",
    }
    assert {name: kept.fields[name] for name in expected} == expected


async def test_the_query_is_not_told(kept: Kept) -> None:
    await logged("/v1/models", 200, access_log())
    assert "secret" not in str(kept.records[0].__dict__)


@pytest.mark.parametrize(
    ("path", "status", "count"),
    [
        ("/health", 200, 0),
        ("/health", 503, 1),
        ("/unlogged", 200, 0),
        ("/unlogged", 500, 0),
        ("/v1/models", 404, 1),
        ("/v1/models", 500, 1),
    ],
)
async def test_what_is_asked_for_all_the_time_is_logged_when_it_fails(
    path: str, status: int, count: int, kept: Kept
) -> None:
    await logged(path, status, access_log())
    assert len(kept.records) == count


@pytest.mark.parametrize(("path", "count"), [("/health", 0), ("/v1/models", 1)])
async def test_probes_may_fail_while_nothing_else_is_expected(path: str, count: int, kept: Kept) -> None:
    await logged(path, 503, access_log(expects_failures=True))
    assert len(kept.records) == count


@pytest.mark.parametrize(("status", "level"), [(200, "INFO"), (429, "INFO"), (500, "WARNING"), (503, "WARNING")])
async def test_the_servers_failures_are_warnings(status: int, level: str, kept: Kept) -> None:
    await logged("/v1/models", status, access_log())
    assert kept.records[0].levelname == level


@pytest.mark.parametrize(
    ("failed", "outcome", "level"),
    [(False, "COMPLETED", "INFO"), (True, "FAILED", "WARNING"), (None, "CANCELLED", "INFO")],
)
async def test_a_job_is_one_line(failed: bool | None, outcome: str, level: str, kept: Kept) -> None:
    with job_logged("j1") as ended:
        assert (request := CURRENT.get()) is not None
        assert request.request_id == "j1"
        if failed is not None:
            ended(failed)
    assert kept.messages == [f"job j1 {outcome}"]
    assert kept.records[0].levelname == level
    assert kept.fields["job"] == "j1"
    assert kept.fields["seconds"] >= 0


async def test_a_job_that_is_broken_off_is_cancelled(kept: Kept) -> None:
    with pytest.raises(KeyError), job_logged("j1"):
        raise KeyError
    assert kept.messages == ["job j1 CANCELLED"]
