import asyncio

import pytest

from dragoman.engine.client import Client
from dragoman.serving.observing.request_context import CURRENT, RequestContext, marked, working_on
from tests.engines import FakeEngine

TRACE = ((b"traceparent", b"00-1-2-01"),)
REQUEST = RequestContext("abc", "1", TRACE)


def test_a_request_is_the_current_one_within_the_context() -> None:
    with working_on(REQUEST):
        assert CURRENT.get() == REQUEST
    assert CURRENT.get() is None


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ([], [(b"x-request-id", b"abc"), *TRACE]),
        ([(b"accept", b"*/*")], [(b"accept", b"*/*"), (b"x-request-id", b"abc"), *TRACE]),
        ([(b"x-request-id", b"abc-1")], [(b"x-request-id", b"abc-1"), *TRACE]),
    ],
)
def test_requests_are_marked_where_they_are_not_yet(
    given: list[tuple[bytes, bytes]], sent: list[tuple[bytes, bytes]]
) -> None:
    with working_on(REQUEST):
        assert marked(given) == sent


def test_outside_of_a_request_nothing_is_marked() -> None:
    assert marked([(b"accept", b"*/*")]) == [(b"accept", b"*/*")]


@pytest.mark.anyio
async def test_in_process_requests_are_marked_in_tasks_too() -> None:
    engine = FakeEngine({})
    with working_on(REQUEST):
        task = asyncio.create_task(Client(engine.app).post("/v1/completions", {}))
    await task
    request, _ = engine.seen[0]
    assert request.headers["x-request-id"] == "abc"
    assert request.headers["traceparent"] == "00-1-2-01"
