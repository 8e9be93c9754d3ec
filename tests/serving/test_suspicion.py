from pathlib import Path

import orjson
import pytest

from dragoman.engine.client import Client
from dragoman.serving import suspicion
from dragoman.serving.suspects import SENTENCE, TABLE, Suspects, digest
from dragoman.serving.suspicion import MESSAGE, suspicious
from tests.engines import FakeEngine
from tests.serving.generators import COMPLETIONS, Generator, Question
from tests.upstream import eventually

pytestmark = pytest.mark.anyio


def client(engine: Generator | FakeEngine, directory: Path) -> Client:
    return Client(suspicious(engine, Suspects(directory)).app)


async def dies_with(directory: Path, *bodies: bytes) -> None:
    """The engine dies with these requests, which end after it."""
    engine = Generator()
    asking = client(engine, directory)
    questions = [Question(asking, body) for body in bodies]
    await eventually(lambda: len(engine.present) == len(bodies))
    engine.well = False
    engine.gate.set()
    for question in questions:
        await question.answer()


async def status(directory: Path, body: bytes, engine: FakeEngine | None = None) -> int:
    engine = engine or FakeEngine({COMPLETIONS: (200, "{}")})
    return (await Question(client(engine, directory), body).answer())[0]


async def test_what_killed_the_engine_is_not_sent_to_it_again(tmp_path: Path) -> None:
    await dies_with(tmp_path, b"kill")
    engine = FakeEngine({COMPLETIONS: (200, "{}")})
    asking = client(engine, tmp_path)
    code, body, headers = await Question(asking, b"kill").answer()
    seconds = int(headers[b"retry-after"])
    assert (code, orjson.loads(body)["error"]) == (
        422,
        {"message": MESSAGE.format(seconds), "type": "UnprocessableEntityError", "param": None, "code": 422},
    )
    assert 0 < seconds <= SENTENCE
    assert engine.seen == []
    assert (await Question(asking, b"other").answer())[0] == 200


async def test_the_body_arrives_as_it_was(tmp_path: Path) -> None:
    engine = FakeEngine({COMPLETIONS: (200, "{}")})
    await status(tmp_path, b"body", engine)
    assert engine.seen[0][1] == b"body"


async def test_a_request_that_ended_before_is_innocent(tmp_path: Path) -> None:
    assert await status(tmp_path, b"a") == 200
    assert await status(tmp_path, b"a") == 200


class Mortal(Generator):
    """Is alive when it is asked for the first time, and dead ever after."""

    asked = 0

    def healthy(self) -> bool:
        self.asked += 1
        return self.asked == 1


async def left(directory: Path, *bodies: bytes, engine: Generator) -> None:
    """The clients of these leave a living engine."""
    asking = client(engine, directory)
    questions = [Question(asking, body) for body in bodies]
    await eventually(lambda: len(engine.present) == len(bodies))
    for question in questions:
        await question.leave()


def noted(directory: Path) -> bool:
    return any((directory / TABLE).read_bytes())


async def test_an_engine_that_dies_soon_after_the_client_has_left_may_have_died_of_its_request(tmp_path: Path) -> None:
    await left(tmp_path, b"a", engine=Generator())
    assert await status(tmp_path, b"a") == 422


@pytest.mark.parametrize("streams", [False, True])
async def test_one_that_lives_on_has_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streams: bool) -> None:
    monkeypatch.setattr(suspicion, "LINGER", 0.01)
    await left(tmp_path, b"a", engine=Generator(streams=streams))
    await eventually(lambda: not noted(tmp_path))


async def test_one_that_is_dead_by_then_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicion, "LINGER", 0.01)
    engine = Mortal()
    await left(tmp_path, b"a", engine=engine)
    await eventually(lambda: engine.asked > 1)
    assert noted(tmp_path)


async def test_no_more_than_so_many_that_left_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicion, "LINGERING", 1)
    await left(tmp_path, b"a", b"b", engine=Generator())
    assert [await status(tmp_path, body) for body in (b"a", b"b")] == [422, 200]


async def test_two_deaths_tell_one_of_several(tmp_path: Path) -> None:
    await dies_with(tmp_path, b"a", b"b")
    await dies_with(tmp_path, b"a", b"c")
    assert [await status(tmp_path, body) for body in (b"a", b"b", b"c")] == [422, 200, 200]


@pytest.mark.parametrize(("answer", "after"), [(200, 200), (400, 200), (500, 422)])
async def test_an_answer_between_two_deaths_acquits(tmp_path: Path, answer: int, after: int) -> None:
    await dies_with(tmp_path, b"a", b"b")
    assert await status(tmp_path, b"a", FakeEngine({COMPLETIONS: (answer, "{}")})) == answer
    await dies_with(tmp_path, b"a", b"c")
    assert await status(tmp_path, b"a") == after


async def test_what_generates_nothing_passes(tmp_path: Path) -> None:
    Suspects(tmp_path).note(digest("/tokenize", [b"a"]))
    engine = FakeEngine({"/tokenize": (200, "{}")})
    assert (await Question(client(engine, tmp_path), b"a", path="/tokenize").answer())[0] == 200
