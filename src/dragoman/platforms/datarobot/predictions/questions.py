"""A row as a chat with the engine: one question, and its answers."""

from typing import Any

import orjson

from dragoman.platforms.datarobot.options import Options


def question(prompt: str, options: Options) -> bytes:
    """The request that a row is.

    Args:
        prompt: its cell in the column of prompts.
        options: what stands before the prompt and how the answers are sampled; nothing else of a row counts.
    """
    said = (
        [("user", prompt)] if options.system_prompt is None else [("system", options.system_prompt), ("user", prompt)]
    )
    return orjson.dumps(
        {
            **({"model": options.model} if options.model else {}),
            "messages": [{"role": role, "content": content} for role, content in said],
            "n": options.n,
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
        }
    )


def contents(answer: bytes) -> list[str | None]:
    """The texts of an answer's choices; None where a choice has none."""
    choices: list[dict[str, Any]] = orjson.loads(answer)["choices"]
    return [choice["message"]["content"] for choice in choices]
