"""LMI's own answers: `generated_text`, and streams of tokens."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.lines import chunk_of, framed
from dragoman.platforms.lmi.generation.reasons import finish_reason
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.generation.sequences import Sequence, sequence_of, text_of
from dragoman.platforms.lmi.generation.texts import Texts
from dragoman.platforms.lmi.generation.tokens import Token, numbered, tokens_of
from dragoman.platforms.lmi.generation.words import Words

Json = dict[str, Any]


class Generated:
    """Answers in LMI's schema for text.

    Args:
        request: what was asked for.
        words: those of the era.
        vocabulary: the text of tokens that were looked up.
    """

    def __init__(self, request: Request, words: Words, vocabulary: Mapping[int, str]) -> None:
        self._request = request
        self._words = words
        self._vocabulary = vocabulary
        held_back = bool(request.body.get("stop")) and not request.body.get("include_stop_str_in_output")
        self._texts = Texts(held_back)
        self._tokens: list[Token] = []

    def whole(self, answer: Json) -> bytes:
        """A result, or a list with one for each prompt."""
        results = [self._words.result(each) for each in self._sequences(answer)]
        content = results if self._request.batched or self._request.wrapped else results[0]
        return orjson.dumps(content) + self._words.final

    def piece(self, event: bytes) -> bytes:
        """A line for each token."""
        chunk = chunk_of(event)
        choices = (choice for choice in chunk.get("choices", ()) if choice["index"] == 0)
        lines = (line for choice in choices for line in self._lines(choice, chunk.get("usage") or {}))
        return b"".join(framed(orjson.dumps(line), self._request.wire) for line in lines)

    def end(self) -> bytes:
        """Nothing: the last token's line says that it is the last."""
        return b""

    def failure(self, error: HandlerError) -> bytes:
        """An error where a token would be."""
        return framed(self._words.failure(error), self._request.wire)

    def _sequences(self, answer: Json) -> Iterator[list[Sequence]]:
        """The sequences of each prompt."""
        prompts = self._request.prompts
        choices = sorted(answer["choices"], key=lambda choice: choice["index"])
        n = len(choices) // len(prompts)
        for place, prompt in enumerate(prompts):
            yield [self._sequence(prompt, choice) for choice in choices[place * n : (place + 1) * n]]

    def _sequence(self, prompt: str | list[int], choice: Json) -> Sequence:
        if not self._words.tells_tokens:
            return text_of(prompt, choice)
        return sequence_of(prompt, choice, self._request, self._vocabulary)

    def _lines(self, choice: Json, usage: Json) -> list[Json]:
        reason = finish_reason(choice)
        tokens = tokens_of(choice, self._vocabulary, self._request.top_tokens)
        known = self._texts.add(tokens, choice["text"], reason is not None)
        self._tokens += known
        lines = [self._words.line(token) for token in known]
        if reason:
            lines[-1] |= self._words.ending(self._all(reason, usage.get("prompt_tokens")))
        return lines

    def _all(self, reason: str, input_length: int | None) -> Sequence:
        """What the stream said."""
        text = "".join(token.text for token in self._tokens)
        prompt = self._request.prompts[0]
        return Sequence(prompt, text, reason, tuple(self._tokens), input_length=input_length)


def looked_up(request: Request, answer: Json) -> Iterator[int]:
    """The tokens in an answer or in an event of a stream whose texts the engine does not tell.

    Where alternatives are told it tells all tokens as numbers; the first one of a prompt has no entry of its own.
    """
    for choice in answer.get("choices", ()):
        if request.top_tokens:
            yield from numbered(choice)
        if request.prefill:
            yield from (choice.get("prompt_token_ids") or ())[:1]
