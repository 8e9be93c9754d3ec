import pytest

from dragoman.engine.client import Client
from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.options import Era
from dragoman.platforms.lmi.routes.vocabulary import Vocabulary
from tests.platforms.lmi.engines import Trouble, VllmLike, error

pytestmark = pytest.mark.anyio


def asked(engine: VllmLike) -> list[int]:
    return [token for seen in engine.seen for token in seen.content["tokens"]]


@pytest.fixture
def engine(anyio_backend: str) -> VllmLike:
    return VllmLike()


async def test_the_engine_knows_the_texts(engine: VllmLike) -> None:
    vocabulary = Vocabulary(Client(engine.app), Era.ASYNC)
    assert await vocabulary.texts([244, 576, 244]) == {244: "He", 576: "llo"}


async def test_it_is_asked_once_for_each(engine: VllmLike) -> None:
    vocabulary = Vocabulary(Client(engine.app), Era.ASYNC)
    for tokens in ([244], [244, 576], [576]):
        await vocabulary.texts(tokens)
    assert asked(engine) == [244, 576]


async def test_those_that_were_asked_for_last_are_remembered(engine: VllmLike) -> None:
    vocabulary = Vocabulary(Client(engine.app), Era.ASYNC, most=2)
    for token in (244, 576, 244, 4558, 244, 576):
        await vocabulary.texts([token])
    assert asked(engine) == [244, 576, 4558, 576]


async def test_an_engine_that_does_not_say_is_told_of(engine: VllmLike) -> None:
    engine.trouble = Trouble(refusal=(404, error("no tokenizer", 404)))
    with pytest.raises(HandlerError, match="no tokenizer") as refused:
        await Vocabulary(Client(engine.app), Era.ASYNC).texts([244])
    assert refused.value.status == 404
