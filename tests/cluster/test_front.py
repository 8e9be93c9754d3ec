import logging
from collections.abc import Callable, Mapping, Sequence

import orjson
import pytest
from starlette.types import Message, Scope

from dragoman.cluster.front import BUSY, GONE
from dragoman.serving.lifecycle import Status
from tests.cluster.replicas import Cluster, Replica, cluster
from tests.upstream import WORDS, delta, event, eventually

pytestmark = pytest.mark.anyio

Pair = tuple[Replica, Replica]
CHAT = "/v1/chat/completions"
LATER = {"Retry-After": "5"}


def chat(question: str, model: str = "m", stream: bool = False, answers: Sequence[str] = ()) -> bytes:
    """A chat that began with that question."""
    turns = [{"role": "assistant", "content": text} for text in answers]
    messages = [{"role": "user", "content": question}, *turns]
    return orjson.dumps({"model": model, "stream": stream, "messages": messages})


async def ask(to: Cluster, body: bytes, path: str = CHAT) -> tuple[int, dict[bytes, bytes], bytes]:
    """The status, the headers and the body of an answer."""
    async with to.client.stream("POST", path, body=body) as response:
        return response.status, dict(response.headers), await response.read()


async def home(to: Cluster, pair: Pair, question: str) -> tuple[Replica, Replica]:
    """The replica that has a conversation, and the other one."""
    before = pair[0].chats
    assert (await ask(to, chat(question)))[0] == 200
    return pair if pair[0].chats > before else (pair[1], pair[0])


async def test_a_conversation_stays_with_a_replica(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        for number in range(8):
            first, other = await home(to, replicas, f"question {number}")
            seen = first.chats, other.chats
            await ask(to, chat(f"question {number}", answers=["one", "two"]))
            assert (first.chats, other.chats) == (seen[0] + 1, seen[1])
    assert min(replica.chats for replica in replicas) > 0


async def test_the_load_is_known_while_it_lasts(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        async with to.client.stream("POST", CHAT, body=chat("Hello", "gated", stream=True)) as response:
            assert await anext(response.chunks) == delta(WORDS[0])
            assert sorted(to.front.load.values()) == [0, 1]
            for replica in replicas:
                replica.gate.set()
            assert await response.read() == delta(WORDS[1]) + event(b"[DONE]")
        await eventually(lambda: sorted(to.front.load.values()) == [0, 0])


async def test_a_replica_that_refuses_the_connection_is_passed_over(
    replicas: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.cluster.balance.PAUSE", 600)
    async with cluster(*replicas) as to:
        first, other = await home(to, replicas, "Hello")
        await first.__aexit__(None, None, None)
        seen = other.chats
        assert (await ask(to, chat("Hello")))[0] == 200
        assert other.chats == seen + 1
        assert await told(to, "dragoman_replica_refusals_total") == 1
        # It is not asked first again at once.
        assert (await ask(to, chat("Hello")))[0] == 200
        assert await told(to, "dragoman_replica_refusals_total") == 1


async def test_a_replica_that_is_away_is_passed_over(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        first, _ = await home(to, replicas, "Hello")
        first.away = LATER
        assert (await ask(to, chat("Hello")))[0] == 200


async def test_where_all_are_away_the_client_gets_the_last_ones_answer(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        _, other = await home(to, replicas, "Hello")
        for replica in replicas:
            replica.away = LATER
        status, headers, body = await ask(to, chat("Hello"))
    assert (status, headers[b"retry-after"], body) == (503, b"5", f"{other.name} is away".encode())


async def test_a_503_of_what_was_begun_is_the_clients(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        first, other = await home(to, replicas, "Hello")
        first.away = {}
        seen = other.chats
        status, _, body = await ask(to, chat("Hello"))
        assert (status, body, other.chats) == (503, f"{first.name} is away".encode(), seen)


WORDING: Mapping[str, Callable[[str], object]] = {
    "plain": lambda text: {
        "error": {"message": text, "type": "service_unavailable", "param": None, "code": 503},
    },
    "lmi": lambda text: {"code": 503, "type": "ServiceUnavailableException", "message": text},
    "datarobot": lambda text: {"message": f"ERROR: {text}"},
}


@pytest.mark.parametrize("platform", WORDING)
async def test_a_replica_that_ends_before_it_answers_is_told_and_nothing_is_tried_twice(
    replicas: Pair, platform: str
) -> None:
    async with cluster(*replicas, platform=platform) as to:
        status, headers, body = await ask(to, chat("Hello", "broken"))
        assert (status, headers[b"retry-after"]) == (503, b"1")
        assert orjson.loads(body) == WORDING[platform](GONE)
        assert sum(replica.chats for replica in replicas) == 1
        assert await told(to, "dragoman_replica_losses_total") == 1


@pytest.mark.parametrize("platform", WORDING)
async def test_where_no_connection_can_be_made_the_platform_says_so(replicas: Pair, platform: str) -> None:
    async with cluster(*replicas, platform=platform) as to:
        for replica in replicas:
            await replica.__aexit__(None, None, None)
        status, headers, body = await ask(to, chat("Hello"))
    assert (status, headers[b"retry-after"], orjson.loads(body)) == (503, b"1", WORDING[platform](BUSY))


async def test_an_answer_that_a_replica_breaks_off_has_no_end(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        async with to.client.stream("POST", CHAT, body=chat("Hello", "crash", stream=True)) as response:
            assert await anext(response.chunks) == delta(WORDS[0])
            with pytest.raises(RuntimeError, match="without completing"):
                await anext(response.chunks)
        assert sorted(to.front.load.values()) == [0, 0]


async def test_a_client_that_leaves_ends_its_request(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        async with to.client.stream("POST", CHAT, body=chat("Hello", "endless", stream=True)) as response:
            await anext(response.chunks)
        await eventually(lambda: all(replica.streaming == 0 for replica in replicas))
        assert sorted(to.front.load.values()) == [0, 0]


async def test_a_client_that_leaves_before_the_answer_ends_its_request(replicas: Pair) -> None:
    left = Leaving(chat("Hello", "slow"))
    async with cluster(*replicas) as to:
        left.when = lambda: any(replica.streaming for replica in replicas)
        await to.front(left.scope, left.receive, left.send)
        assert left.sent == []
        await eventually(lambda: all(replica.streaming == 0 for replica in replicas))
        assert sorted(to.front.load.values()) == [0, 0]


async def test_what_a_replica_has_begun_it_ends_when_it_serves_no_more(replicas: Pair) -> None:
    body = chat("Hello", "gated", stream=True)
    async with cluster(*replicas) as to, to.client.stream("POST", CHAT, body=body) as response:
        await anext(response.chunks)
        to.front.update({})
        for replica in replicas:
            replica.gate.set()
        assert await response.read() == delta(WORDS[1]) + event(b"[DONE]")


async def test_one_that_has_left_gets_nothing_more(replicas: Pair) -> None:
    a, b = replicas
    async with cluster(*replicas) as to:
        to.front.update({"b": b.url})
        for number in range(8):
            await ask(to, chat(str(number)))
    assert (a.chats, b.chats) == (0, 8)


STAGES = [
    ([0], 503, "starting", "0 of 2 replicas"),
    ([1], 200, "ready", "1 of 2 replicas"),
    ([2], 200, "ready", "2 of 2 replicas"),
    ([2, 1], 200, "ready", "1 of 2 replicas"),
    ([1, 0], 503, "restarting", "0 of 2 replicas"),
    ([1, 0, 1], 200, "ready", "1 of 2 replicas"),
    ([3], 200, "ready", "3 of 3 replicas"),
]


@pytest.mark.parametrize(("counts", "status", "stage", "phase"), STAGES)
async def test_health_is_that_of_the_whole(counts: Sequence[int], status: int, stage: str, phase: str) -> None:
    async with cluster() as to:
        for count in counts:
            to.front.update({str(number): f"http://127.0.0.1:{number}" for number in range(count)})
        async with to.client.stream("GET", "/health") as response:
            found = orjson.loads(await response.read())
    assert (response.status, found["status"], found["phase"]) == (status, stage, phase)


async def test_before_the_first_replica_requests_are_told_to_come_again() -> None:
    async with cluster() as to:
        status, headers, body = await ask(to, chat("Hello"))
    assert (status, headers[b"retry-after"]) == (503, b"5")
    assert orjson.loads(body)["error"]["message"].startswith("The worker is starting (launching")


async def test_a_front_that_drains_takes_nothing_and_stays_so(replicas: Pair) -> None:
    async with cluster(*replicas) as to:
        to.lifecycle.enter(Status.DRAINING)
        to.front.update({"a": replicas[0].url})
        status, headers, _ = await ask(to, chat("Hello"))
        async with to.client.stream("GET", "/health") as response:
            assert (response.status, orjson.loads(await response.read())["status"]) == (503, "draining")
    assert (status, headers[b"connection"]) == (503, b"close")
    assert all(replica.chats == 0 for replica in replicas)


async def test_what_is_told_of_replicas_that_come_and_go(caplog: pytest.LogCaptureFixture) -> None:
    async with cluster() as to:
        with caplog.at_level(logging.INFO, "dragoman"):
            for addresses in ({"a": "http://a"}, {"a": "http://a"}, {}):
                to.front.update(addresses)
    assert [record.message for record in caplog.records] == [
        "replica a serves at http://a",
        "replica a serves no more",
    ]


async def test_a_replica_sees_the_request_as_it_came(replicas: Pair) -> None:
    headers = [(b"authorization", "Bearer schlüssel".encode()), (b"x", b"1")]
    async with (
        cluster(*replicas) as to,
        to.client.stream("PUT", "/echo/a%2Fb", query=b"q=%20", headers=headers) as response,
    ):
        told = orjson.loads(await response.read())
    assert (told["method"], told["target"]) == ("PUT", "/echo/a%2Fb?q=%20")
    assert ["host", "engine"] in told["headers"]
    assert ["authorization", "Bearer schlüssel"] in told["headers"]


@pytest.mark.parametrize(
    ("client", "address"),
    [(("10.0.0.9", 5000), "10.0.0.9:5000"), (("fd00::9", 5000), "[fd00::9]:5000"), (None, None)],
)
async def test_a_replica_is_told_who_the_client_is(
    replicas: Pair, client: tuple[str, int] | None, address: str | None
) -> None:
    visit = Leaving(b"", path="/echo", client=client, headers=[(b"x-forwarded-for", b"6.6.6.6")])
    visit.scope["scheme"] = "https"
    async with cluster(*replicas) as to:
        await to.front(visit.scope, visit.receive, visit.send)
    told = orjson.loads(b"".join(message.get("body", b"") for message in visit.sent))["headers"]
    assert [value for name, value in told if name == "x-forwarded-for"] == ([address] if address else [])
    assert ["x-forwarded-proto", "https"] in told


async def test_metrics_are_the_fronts_and_those_of_all_replicas(replicas: Pair) -> None:
    async with cluster(*replicas) as to, to.client.stream("GET", "/metrics") as response:
        text = (await response.read()).decode()
    assert response.status == 200
    assert "dragoman_replicas 2.0" in text
    assert 'vllm:running{model="a",replica="a"} 1.0' in text
    assert 'vllm:running{model="b",replica="b"} 1.0' in text


async def test_a_websocket_is_refused(replicas: Pair) -> None:
    visit = Leaving(b"")
    async with cluster(*replicas) as to:
        await to.front({"type": "websocket", "path": "/v1/realtime"}, visit.receive, visit.send)
    assert visit.sent == [{"type": "websocket.close", "code": 1003}]


async def told(to: Cluster, name: str) -> float:
    """The value of one of the front's own metrics."""
    async with to.client.stream("GET", "/metrics") as response:
        lines = (await response.read()).decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name))


class Leaving:
    """A client that leaves when it likes to; before it has been answered where that comes first.

    Args:
        body: the request's.
        path: the request's.
        client: its address.
        headers: the request's.
    """

    def __init__(
        self,
        body: bytes,
        path: str = CHAT,
        client: tuple[str, int] | None = ("10.0.0.1", 5000),
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        self.sent: list[Message] = []
        self.when: Callable[[], bool] = lambda: False
        self._body: list[Message] = [{"type": "http.request", "body": body}]
        self.scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": "http",
            "headers": list(headers),
            "client": client,
        }

    async def receive(self) -> Message:
        if self._body:
            return self._body.pop()
        await eventually(lambda: self.when())
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
