"""Tiny requests through the engine's own routes before anybody else's: a proof that it works, then all that is lazy."""

import asyncio
import logging
from collections.abc import Mapping
from types import MappingProxyType

from dragoman.engine import Engine
from dragoman.engine.client import Client
from dragoman.errors import EngineStartError

Body = Mapping[str, object]

TOKEN = [0]
FIRST_REQUESTS: dict[str, tuple[str, dict[str, object]]] = {
    "generate": ("/v1/completions", {"prompt": TOKEN, "max_tokens": 1, "temperature": 0}),
    "embed": ("/v1/embeddings", {"input": TOKEN}),
    "classify": ("/classify", {"input": TOKEN}),
    "token_embed": ("/pooling", {"input": TOKEN}),
    "token_classify": ("/pooling", {"input": TOKEN}),
}

# Seconds that all of the later requests may take; a worker that serves slowly at first is better than one that waits.
PATIENCE = 30.0
_REFUSALS = range(400, 500)
_PROMPT: Body = {"prompt": TOKEN, "max_tokens": 2}
_CHAT: Body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
_SCHEMA: Body = {"type": "object", "properties": {"warm": {"type": "boolean"}}}
_TOOL: Body = {"type": "function", "function": {"name": "warm", "description": "Warm up.", "parameters": _SCHEMA}}
# By what is lazy: the sampler and the incremental detokenizer, the grammar compiler, the chat template, tool parsers.
LATER_REQUESTS: Mapping[str, tuple[str, Body]] = MappingProxyType(
    {
        "log-probabilities": ("/v1/completions", {**_PROMPT, "logprobs": 1, "temperature": 0.5, "top_p": 0.9}),
        "structured output": ("/v1/completions", {**_PROMPT, "structured_outputs": {"json": _SCHEMA}}),
        "a streamed chat": ("/v1/chat/completions", {**_CHAT, "stream": True}),
        "tools": ("/v1/chat/completions", {**_CHAT, "tools": [_TOOL]}),
    }
)

log = logging.getLogger("dragoman")


async def first_token(engine: Engine) -> None:
    """Has the engine produce one token, or one vector where the model makes those.

    Args:
        engine: a running engine; one whose tasks need other input than text is taken on trust.

    Raises:
        EngineStartError: it answered with an error.
    """
    for task, (path, body) in FIRST_REQUESTS.items():
        if task in engine.tasks:
            status, answer = await Client(engine.app).post(path, body)
            if status != 200:
                raise EngineStartError(f"the first request was answered {status}: {answer.decode(errors='replace')}")
            return


async def warm_up(engine: Engine, patience: float = PATIENCE) -> None:
    """Sends, all at once, what compiles or loads something at its first request, so that no user waits for that.

    It never fails: what the model does not have, such as a chat template, is refused at once, and whatever else goes
    wrong is one line in the log.

    Args:
        engine: an engine that has produced its first token; one that does not generate has nothing that is lazy.
        patience: seconds after which the rest is left to the first users.
    """
    if "generate" not in engine.tasks:
        return
    asked = {asyncio.create_task(_ask(engine, path, body)): name for name, (path, body) in LATER_REQUESTS.items()}
    done, late = await asyncio.wait(asked, timeout=patience)
    for task in late:
        task.cancel()
        log.warning("warming up: no answer for %s within %g s", asked[task], patience)
    await asyncio.gather(*late, return_exceptions=True)
    for task in done:
        if problem := task.result():
            log.warning("warming up: %s failed: %s", asked[task], problem)


async def _ask(engine: Engine, path: str, body: Body) -> str | None:
    """What went wrong, in one line; None for an answer or a refusal."""
    try:
        status, answer = await Client(engine.app).post(path, body)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if status == 200 or status in _REFUSALS:
        return None
    return f"{status} {' '.join(answer.decode(errors='replace').split())}"
