import asyncio
from collections.abc import Iterable, Iterator, Mapping

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.serving import answers
from dragoman.serving.entrance.limited import HEAD_TOO_LATE, HEAD_TOO_LONG, limited_bodies, limited_heads
from dragoman.serving.observing.request_context import RequestContext, working_on

pytestmark = pytest.mark.anyio

Headers = Iterable[tuple[bytes, bytes]]


def refuse(status: int, message: str, kind: str, headers: Mapping[str, str], scope: Scope) -> Response:
    return answers.error(status, message, kind, dict(headers))


class Connection:
    """A client that sends pieces, and keeps what it is sent."""

    def __init__(self, pieces: Iterable[bytes], *, leaves: bool = False) -> None:
        self._messages = self._told(list(pieces), leaves)
        self.read = 0
        self.sent: list[Message] = []

    def _told(self, pieces: list[bytes], leaves: bool) -> Iterator[Message]:
        for index, piece in enumerate(pieces):
            yield {"type": "http.request", "body": piece, "more_body": leaves or index < len(pieces) - 1}
        yield {"type": "http.disconnect"}

    async def receive(self) -> Message:
        self.read += 1
        return next(self._messages)

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def ask(self, app: ASGIApp, headers: Headers = (), extensions: Mapping[str, object] | None = None) -> None:
        scope = {"type": "http", "method": "POST", "path": "/", "headers": list(headers)}
        await app(scope | ({} if extensions is None else {"extensions": extensions}), self.receive, self.send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def answered(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


class Application:
    """Answers with the body that it gets."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await Response(await Request(scope, receive).body())(scope, receive, send)


@pytest.mark.parametrize("pieces", [[b"12345"], [b"12", b"345"], [b"12345", b""]])
async def test_a_body_within_the_limit_passes(pieces: list[bytes]) -> None:
    client = Connection(pieces)
    await client.ask(limited_bodies(Application(), 5, refuse), [(b"content-length", b"5")])
    assert (client.status, client.answered) == (200, b"12345")


async def test_a_body_that_claims_to_be_larger_reaches_nobody() -> None:
    client, app = Connection([b"1"]), Application()
    await client.ask(limited_bodies(app, 5, refuse), [(b"content-length", b"6")])
    assert (client.status, app.asked) == (413, 0)


@pytest.mark.parametrize("claimed", [(), [(b"content-length", b"2")], [(b"content-length", b"many")]])
async def test_a_body_that_becomes_larger_is_refused_whatever_it_claims(claimed: Headers) -> None:
    client = Connection([b"123", b"456", b"7"])
    await client.ask(limited_bodies(Application(), 5, refuse), claimed)
    assert client.status == 413
    assert b'"type":"RequestEntityTooLargeError"' in client.answered
    assert (b"connection", b"close") in client.sent[0]["headers"]


async def test_the_application_sees_a_client_that_has_left() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([(await receive())["type"] for _ in range(3)])
        await Response("too late")(scope, receive, send)

    client = Connection([b"123", b"456", b"7"])
    await client.ask(limited_bodies(app, 5, refuse))
    assert seen == ["http.request", "http.disconnect", "http.disconnect"]
    assert client.status == 413


async def test_what_the_application_raises_then_is_of_no_interest() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()

    client = Connection([b"123456"])
    await client.ask(limited_bodies(app, 5, refuse))
    assert client.status == 413


async def test_what_it_raises_otherwise_is_raised() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await Connection([b"1"]).ask(limited_bodies(app, 5, refuse))


async def test_an_answer_that_has_begun_is_not_answered_again() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await receive()
        await send({"type": "http.response.body", "body": b"early"})

    client = Connection([b"123456"])
    await client.ask(limited_bodies(app, 5, refuse))
    assert (client.status, client.answered) == (200, b"early")


async def test_a_client_may_send_the_rest_before_it_listens() -> None:
    client = Connection([b"123456"] * 10)
    await client.ask(limited_bodies(Application(), 10, refuse))
    assert client.read == 10
    assert [message.get("more_body", False) for message in client.sent] == [False, True, False]


async def test_a_client_that_sends_nothing_more_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.serving.entrance.limited.PATIENCE", 0.01)
    client = Connection([])

    async def silent() -> Message:
        return await asyncio.Future()

    client.receive = silent  # type: ignore[method-assign]
    await client.ask(limited_bodies(Application(), 5, refuse), [(b"content-length", b"6")])
    assert client.status == 413


async def test_a_body_of_which_nothing_more_comes_is_a_client_that_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.serving.entrance.limited.BODY_PATIENCE", 0.01)
    client = Connection([b"1"], leaves=True)
    receive, context = client.receive, RequestContext("abc")

    async def halting() -> Message:
        return await (asyncio.Future() if client.read else receive())

    client.receive = halting  # type: ignore[method-assign]
    with working_on(context):
        await client.ask(limited_bodies(Application(), 5, refuse))
    assert (client.status, context.refusals) == (408, ["slow"])
    assert b"Nothing more of the request's body came within 0.01 s." in client.answered


async def test_a_client_may_stay_silent_for_long_when_all_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.serving.entrance.limited.BODY_PATIENCE", 0.01)
    client, silence = Connection([b"1"]), asyncio.Event()
    receive = client.receive

    async def staying() -> Message:
        if client.read:
            asyncio.get_running_loop().call_later(0.05, silence.set)
            await silence.wait()
        return await receive()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen = [(await receive())["type"] for _ in range(2)]
        await Response(str(seen[1]))(scope, receive, send)

    client.receive = staying  # type: ignore[method-assign]
    await client.ask(limited_bodies(app, 5, refuse))
    assert (client.status, client.answered, silence.is_set()) == (200, b"http.disconnect", True)


async def test_a_head_within_the_limit_passes() -> None:
    client = Connection([b"1"])
    await client.ask(limited_heads(Application(), 5, refuse), extensions={})
    assert client.status == 200


async def test_a_head_that_is_too_long_is_refused() -> None:
    client, app = Connection([]), Application()
    await client.ask(limited_heads(app, 5, refuse), extensions={HEAD_TOO_LONG: {}})
    assert (client.status, app.asked) == (431, 0)
    assert b"more than 5 bytes (max_header_size)" in client.answered


async def test_a_head_that_is_late_is_refused() -> None:
    client, app = Connection([]), Application()
    await client.ask(limited_heads(app, 5, refuse), extensions={HEAD_TOO_LATE: {}})
    assert (client.status, app.asked) == (408, 0)


async def test_what_is_no_request_passes() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close"})

    client = Connection([])
    layered = limited_heads(limited_bodies(app, 1, refuse), 1, refuse)
    await layered({"type": "websocket"}, client.receive, client.send)
    assert client.sent == [{"type": "websocket.close"}]
