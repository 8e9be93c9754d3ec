"""The proof that the engine works: one tiny request through its own routes before anybody else's."""

from dragoman.engine import Engine
from dragoman.engine.client import Client
from dragoman.errors import EngineStartError

TOKEN = [0]
FIRST_REQUESTS: dict[str, tuple[str, dict[str, object]]] = {
    "generate": ("/v1/completions", {"prompt": TOKEN, "max_tokens": 1, "temperature": 0}),
    "embed": ("/v1/embeddings", {"input": TOKEN}),
    "classify": ("/classify", {"input": TOKEN}),
    "token_embed": ("/pooling", {"input": TOKEN}),
    "token_classify": ("/pooling", {"input": TOKEN}),
}


async def first_token(engine: Engine, api_key: str | None) -> None:
    """Has the engine produce one token, or one vector where the model makes those.

    Args:
        engine: a running engine; one whose tasks need other input than text is taken on trust.
        api_key: shown to an engine that wants one.

    Raises:
        EngineStartError: it answered with an error.
    """
    for task, (path, body) in FIRST_REQUESTS.items():
        if task in engine.tasks:
            headers = [(b"authorization", b"Bearer " + api_key.encode())] if api_key else []
            status, answer = await Client(engine.app).post(path, body, headers)
            if status != 200:
                raise EngineStartError(f"the first request was answered {status}: {answer.decode(errors='replace')}")
            return
