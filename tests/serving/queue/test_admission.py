import asyncio
from collections.abc import Iterable

import orjson
import pytest

from dragoman.engine.client import Client
from dragoman.serving.entrance.access import CLIENT
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.request_context import RequestContext, working_on
from dragoman.serving.queue.admission import Admission, admitted
from dragoman.serving.queue.places import Places
from dragoman.serving.queue.queueing import Queueing
from tests.engines import FakeEngine
from tests.serving.generators import COMPLETIONS, EVENT, Generator, Question
from tests.upstream import eventually

pytestmark = pytest.mark.anyio


class Worker:
    """An engine behind its admission."""

    def __init__(self, places: int, waiting: int, timeout: float | None = None, *, streams: bool = False) -> None:
        self.engine = Generator(streams=streams)
        self.places = Places(places, waiting)
        self._client = Client(Admission(self.engine.app, self.places, timeout))

    def ask(self, body: bytes, client: int | None = None, headers: Iterable[tuple[bytes, bytes]] = ()) -> Question:
        shown = CLIENT.set(client)
        question = Question(self._client, body, headers)
        CLIENT.reset(shown)
        return question

    async def has(self, running: int, waiting: int) -> None:
        await eventually(lambda: (len(self.engine.present), self.places.waiting) == (running, waiting))

    async def is_idle(self) -> None:
        await eventually(lambda: (self.places.taken, self.places.waiting, self.engine.present) == (0, 0, []))


async def test_requests_wait_and_are_answered_in_their_order() -> None:
    worker = Worker(1, 2)
    questions = [worker.ask(body) for body in (b"a", b"b", b"c")]
    await worker.has(1, 2)
    worker.engine.gate.set()
    assert [(await question.answer())[0] for question in questions] == [200, 200, 200]
    assert worker.engine.finished == [b"a", b"b", b"c"]
    await worker.is_idle()


async def test_what_is_too_much_is_refused_with_a_time_to_come_again() -> None:
    worker = Worker(1, 1)
    first, second = worker.ask(b"a"), worker.ask(b"b")
    await worker.has(1, 1)
    status, body, headers = await worker.ask(b"c").answer()
    error = orjson.loads(body)["error"]
    assert (status, headers[b"retry-after"], error["type"], error["code"]) == (429, b"1", "TooManyRequestsError", 429)
    worker.engine.gate.set()
    await asyncio.gather(first.answer(), second.answer())
    assert worker.engine.finished == [b"a", b"b"]


async def test_a_client_of_whom_most_wait_gives_way_to_another() -> None:
    worker = Worker(1, 2)
    flood = [worker.ask(body, client=0) for body in (b"a", b"b", b"c")]
    await worker.has(1, 2)
    other = worker.ask(b"d", client=1)
    assert (await flood[2].answer())[0] == 429
    worker.engine.gate.set()
    assert (await other.answer())[0] == 200
    await worker.is_idle()


async def test_a_client_that_leaves_while_it_waits_never_reaches_the_engine() -> None:
    worker = Worker(1, 1)
    first, second = worker.ask(b"a"), worker.ask(b"b")
    await worker.has(1, 1)
    await second.leave()
    await worker.has(1, 0)
    worker.engine.gate.set()
    await first.answer()
    assert worker.engine.finished == [b"a"]
    await worker.is_idle()


async def test_a_client_that_leaves_gives_its_place_to_the_next() -> None:
    worker = Worker(1, 1)
    first, second = worker.ask(b"a"), worker.ask(b"b")
    await worker.has(1, 1)
    await first.leave()
    await eventually(lambda: worker.engine.present == [b"b"])
    assert worker.engine.aborted == [b"a"]
    worker.engine.gate.set()
    assert (await second.answer())[0] == 200


async def test_an_engine_that_raises_gives_the_place_back() -> None:
    async def broken(*call: object) -> None:
        raise RuntimeError("broken")

    places = Places(1, 0)
    with pytest.raises(RuntimeError, match="broken"):
        await Client(Admission(broken, places, None)).post(COMPLETIONS, {})
    assert places.taken == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models"),
        ("POST", "/tokenize"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/chat/completions/render"),
        ("POST", "/v1/completions/derender"),
        ("POST", "/v1/load_lora_adapter"),
        ("POST", "/v1/responses/id/cancel"),
    ],
)
async def test_what_generates_nothing_passes(method: str, path: str) -> None:
    engine = FakeEngine({path: (200, "fine")})
    client = Client(Admission(engine.app, Places(0, 0), None))
    async with client.stream(method, path) as response:
        assert (response.status, await response.read()) == (200, b"fine")
    async with client.stream("POST", COMPLETIONS) as response:
        assert response.status == 429


async def test_a_client_waits_no_longer_than_it_says() -> None:
    worker = Worker(1, 1)
    first = worker.ask(b"a")
    await worker.has(1, 0)
    status, body, _ = await worker.ask(b"b", headers=[(b"x-stainless-read-timeout", b"0.01")]).answer()
    assert (status, orjson.loads(body)["error"]["message"]) == (504, "The request was not answered within 0.01 s.")
    worker.engine.gate.set()
    await first.answer()
    assert worker.engine.finished == [b"a"]


async def test_what_takes_too_long_is_aborted() -> None:
    worker = Worker(1, 1, timeout=0.01)
    status, body, _ = await worker.ask(b"a").answer()
    assert (status, orjson.loads(body)["error"]["type"]) == (504, "GatewayTimeoutError")
    assert worker.engine.aborted == [b"a"]
    await worker.is_idle()


async def test_a_stream_that_takes_too_long_ends_with_an_event_that_says_so() -> None:
    worker = Worker(1, 1, timeout=0.01, streams=True)
    status, body, _ = await worker.ask(b"a").answer()
    first, last, rest = body.split(b"\n\n")
    assert (status, first + b"\n\n", rest) == (200, EVENT, b"")
    assert orjson.loads(last.removeprefix(b"data: "))["error"]["code"] == 504
    assert worker.engine.aborted == [b"a"]


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("places", [0, 1])
async def test_what_takes_too_long_is_counted(places: int, *, streams: bool) -> None:
    context = RequestContext("abc")
    with working_on(context):
        await Worker(places, 1, timeout=0.01, streams=streams).ask(b"a").answer()
    assert context.refusals == ["deadline"]


async def test_an_answer_in_time_is_not_touched() -> None:
    worker = Worker(1, 1, timeout=600, streams=True)
    worker.engine.gate.set()
    assert (await worker.ask(b"a").answer())[:2] == (200, EVENT + b"{}")


async def test_an_engine_of_which_nobody_knows_how_much_it_does_gets_all() -> None:
    engine = Generator(slots=None)
    client = Client(admitted(engine, Queueing(max_queue=0), WorkerMetrics("plain", 0)).app)
    questions = [Question(client, b"") for _ in range(500)]
    await eventually(lambda: len(engine.present) == 500)
    engine.gate.set()
    assert {(await question.answer())[0] for question in questions} == {200}
