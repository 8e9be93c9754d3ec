"""worker-vllm's own form of answers: choices, tokens, usage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.serving import events
from dragoman.serving.events import DONE

Json = dict[str, Any]


@dataclass(frozen=True)
class Delta:
    """What an event adds to one of the sequences, and what there is in all of them then."""

    index: int | None
    text: str
    usage: Json


class Tokens:
    """worker-vllm's own form: the texts since the item before, for each sequence, and how many tokens there are by now.

    Args:
        n: how many sequences there are.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._input = 0
        # vLLM counts for each sequence alone, but in its last chunk, which has none, for all of them.
        self._counts: dict[int, int] = {}
        self._output = 0

    def parts(self, event: bytes) -> Iterable[tuple[Delta, int]]:
        """The texts that the event adds; an empty one counts where it stands for tokens that have no text yet."""
        said = events.data(event)
        if not said or said == DONE:
            return
        chunk = orjson.loads(said)
        usage = chunk.get("usage") or {}
        self._input = usage.get("prompt_tokens", self._input)
        choices = chunk.get("choices") or []
        for choice in choices:
            text = text_of(choice)
            tokens = self._count(choice["index"], usage.get("completion_tokens"), text)
            if text or tokens:
                yield self._delta(choice["index"], text, tokens), tokens
        if not choices and (tokens := usage.get("completion_tokens", self._output) - self._output):
            yield self._delta(None, "", tokens), max(tokens, 0)

    def item(self, parts: Sequence[Delta]) -> Json:
        """The texts of each sequence, and the usage as of the last of them."""
        texts: list[list[str]] = [[] for _ in range(self._n)]
        for part in parts:
            if part.index is not None:
                texts[part.index].append(part.text)
        return {"choices": [{"tokens": each} for each in texts], "usage": parts[-1].usage}

    def whole(self, answer: Json) -> Json:
        """The whole text of each sequence."""
        usage = answer["usage"]
        return {
            "choices": [{"tokens": [text_of(choice)]} for choice in answer["choices"]],
            "usage": {"input": usage["prompt_tokens"], "output": usage["completion_tokens"]},
        }

    def last_words(self, error: JobError) -> None:
        """None: this form has no words for errors."""

    def _count(self, index: int, told: int | None, text: str) -> int:
        before = self._counts.get(index, 0)
        self._counts[index] = before + bool(text) if told is None else told
        return self._counts[index] - before

    def _delta(self, index: int | None, text: str, tokens: int) -> Delta:
        self._output += tokens
        return Delta(index, text, {"input": self._input, "output": self._output})


def text_of(choice: Json) -> str:
    """The text of a choice, reasoning included, whatever it is a choice of."""
    if "text" in choice:
        return choice["text"] or ""
    said = choice.get("delta") or choice.get("message") or {}
    reasoning = said.get("reasoning") or said.get("reasoning_content") or ""
    return reasoning + (said.get("content") or "")
