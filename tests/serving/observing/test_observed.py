import time

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from dragoman.serving.observing.exchange import LONGEST_PATH, Exchange
from dragoman.serving.observing.observed import Observed
from dragoman.serving.observing.request_context import CURRENT
from tests.serving.exchanges import Watcher, asked, body, head, saying, scope

pytestmark = pytest.mark.anyio


async def observed(*messages: Message) -> Exchange:
    """What is seen of an answer of these messages."""
    watcher = Watcher()
    await asked(Observed(saying(*messages), [watcher]), scope())
    (seen,) = watcher.done
    return seen


async def test_the_client_and_the_application_get_the_same_name() -> None:
    seen: list[tuple[str | None, str | None]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = CURRENT.get()
        seen.append((Headers(scope=scope).get("x-request-id"), request.request_id if request else None))
        await saying(head(200, [(b"content-type", b"text/plain")]), body())(scope, receive, send)

    sent = await asked(Observed(app), scope(headers=[(b"x-request-id", b"abc"), (b"accept", b"*/*")]))
    assert seen == [("abc", "abc")]
    assert sent[0]["headers"] == [(b"content-type", b"text/plain"), (b"x-request-id", b"abc")]
    assert CURRENT.get() is None


async def test_an_unfit_name_reaches_nobody() -> None:
    watcher = Watcher()
    sent = await asked(Observed(saying(head(), body()), [watcher]), scope(headers=[(b"x-request-id", b"a b")]))
    given = watcher.done[0].identified()["headers"]
    assert given == sent[0]["headers"]
    assert given[0][1] != b"a b"


async def test_a_name_that_the_application_tells_is_told_once() -> None:
    app = saying(head(200, [(b"X-Request-Id", b"other")]), body())
    sent = await asked(Observed(app), scope(headers=[(b"x-request-id", b"abc")]))
    assert sent[0]["headers"] == [(b"x-request-id", b"abc")]


async def test_the_platforms_own_header_may_name_a_request() -> None:
    app = Observed(saying(head(), body()), id_headers=(b"x-request-id", b"x-inference-id"))
    sent = await asked(app, scope(headers=[(b"x-inference-id", b"abc")]))
    assert sent[0]["headers"] == [(b"x-request-id", b"abc")]


async def test_a_stream_is_timed_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter((1.0, 1.5, 4.0))
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    seen = await observed(head(), body(b"", more=True), body(b"one", more=True), body(b"three", more=True), body())
    assert (seen.status, seen.bytes, seen.first_byte, seen.seconds) == (200, 8, 0.5, 3.0)
    assert seen.outcome == "complete"


@pytest.mark.parametrize(
    ("messages", "status", "size", "outcome"),
    [
        ([head(404), body(b"no")], 404, 2, "complete"),
        ([head(204), body()], 204, 0, "complete"),
        ([head(200), body(b"one", more=True)], 200, 3, "broken off"),
        ([head(200)], 200, 0, "broken off"),
        ([], 500, 0, "broken off"),
    ],
)
async def test_the_outcome_is_seen(messages: list[Message], status: int, size: int, outcome: str) -> None:
    seen = await observed(*messages)
    assert (seen.status, seen.bytes, seen.outcome) == (status, size, outcome)


async def test_the_request_is_told_without_its_query() -> None:
    seen = await observed(head(), body())
    assert (seen.method, seen.path, seen.client) == ("POST", "/v1/chat/completions", "10.0.0.1:5000")


async def test_of_a_long_path_the_beginning_is_told() -> None:
    watcher = Watcher()
    await asked(Observed(saying(head(), body()), [watcher]), scope("/" + "a" * 10_000))
    assert watcher.done[0].path == "/" + "a" * (LONGEST_PATH - 1)


@pytest.mark.parametrize(("messages", "status"), [([], 499), ([head(), body(b"one", more=True)], 200)])
async def test_a_client_that_leaves_is_seen(messages: list[Message], status: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await saying(*messages)(scope, receive, send)
        await receive()

    watcher = Watcher()
    await asked(Observed(app, [watcher]), scope())
    assert (watcher.done[0].status, watcher.done[0].outcome) == (status, "client left")


async def test_a_client_that_goes_when_it_has_all_has_not_left() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await saying(head(), body(b"all"))(scope, receive, send)
        await receive()

    watcher = Watcher()
    await asked(Observed(app, [watcher]), scope())
    assert watcher.done[0].outcome == "complete"


async def test_an_application_that_fails_is_seen_and_fails() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    watcher = Watcher()
    with pytest.raises(ValueError):  # noqa: PT011
        await asked(Observed(app, [watcher]), scope())
    assert (watcher.done[0].status, watcher.done[0].outcome) == (500, "broken off")
    assert CURRENT.get() is None


@pytest.mark.parametrize(
    ("messages", "status", "size"),
    [
        ([{"type": "websocket.accept"}, {"type": "websocket.send", "text": "x"}, {"type": "websocket.close"}], 101, 0),
        ([{"type": "websocket.close"}], 403, 0),
        ([{"type": "websocket.http.response.start", "status": 401}, {"type": "websocket.http.response.body"}], 401, 0),
    ],
)
async def test_websockets_are_observed_too(messages: list[Message], status: int, size: int) -> None:
    watcher = Watcher()
    request = {**scope(), "type": "websocket"}
    del request["method"]
    sent = await asked(Observed(saying(*messages), [watcher]), request)
    assert (watcher.done[0].method, watcher.done[0].status) == ("WEBSOCKET", status)
    named = [message["type"] for message in sent if b"x-request-id" in dict(message.get("headers", ()))]
    assert named == [message["type"] for message in messages if message["type"].endswith(("accept", "start"))]


async def test_what_is_no_request_passes() -> None:
    watcher = Watcher()
    sent = await asked(Observed(saying({"type": "lifespan.startup.complete"}), [watcher]), {"type": "lifespan"})
    assert sent == [{"type": "lifespan.startup.complete"}]
    assert watcher.begun == []


async def test_the_route_is_named() -> None:
    watcher = Watcher()
    await asked(Observed(saying(head(), body()), [watcher], route_of=lambda path: "other"), scope())
    assert watcher.done[0].route == "other"


async def test_observers_are_told_in_order_and_in_the_reverse_order() -> None:
    told: list[str] = []

    class Teller:
        def __init__(self, name: str) -> None:
            self.name = name

        def began(self, exchange: Exchange) -> None:
            told.append(f"{self.name} began")

        def ended(self, exchange: Exchange) -> None:
            told.append(f"{self.name} ended")

    await asked(Observed(saying(head(), body()), [Teller("a"), Teller("b")]), scope())
    assert told == ["a began", "b began", "b ended", "a ended"]
