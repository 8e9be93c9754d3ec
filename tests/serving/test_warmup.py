import orjson
import pytest

from dragoman.errors import EngineStartError
from dragoman.serving.warmup import FIRST_REQUESTS, first_token
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("tasks", "path"),
    [
        ({"generate"}, "/v1/completions"),
        ({"generate", "embed"}, "/v1/completions"),
        ({"embed", "token_embed"}, "/v1/embeddings"),
        ({"classify", "token_classify"}, "/classify"),
        ({"token_embed"}, "/pooling"),
        ({"token_classify"}, "/pooling"),
    ],
)
async def test_the_first_request_fits_what_the_model_can_do(tasks: set[str], path: str) -> None:
    engine = FakeEngine({path: (200, "{}")}, frozenset(tasks))
    await first_token(engine, None)
    [(request, body)] = engine.seen
    assert (request.method, request.url.path) == ("POST", path)
    assert orjson.loads(body) in [body for _, body in FIRST_REQUESTS.values()]


async def test_one_token_is_asked_for_and_no_more() -> None:
    engine = FakeEngine({"/v1/completions": (200, "{}")}, frozenset({"generate"}))
    await first_token(engine, None)
    assert orjson.loads(engine.seen[0][1])["max_tokens"] == 1


@pytest.mark.parametrize("tasks", [set(), {"transcription"}])
async def test_a_model_for_other_input_is_taken_on_trust(tasks: set[str]) -> None:
    engine = FakeEngine({}, frozenset(tasks))
    await first_token(engine, None)
    assert engine.seen == []


@pytest.mark.parametrize(("key", "shown"), [("secret", "Bearer secret"), (None, None)])
async def test_the_key_is_shown_where_there_is_one(key: str | None, shown: str | None) -> None:
    engine = FakeEngine({"/v1/completions": (200, "{}")}, frozenset({"generate"}))
    await first_token(engine, key)
    assert engine.seen[0][0].headers.get("authorization") == shown


async def test_an_error_is_an_engine_that_did_not_start() -> None:
    engine = FakeEngine({"/v1/completions": (500, "out of memory")}, frozenset({"generate"}))
    with pytest.raises(EngineStartError, match=r"^the first request was answered 500: out of memory$"):
        await first_token(engine, None)
