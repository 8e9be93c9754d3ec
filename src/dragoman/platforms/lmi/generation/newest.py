"""LMI's schema for text as its newest containers speak it, which is nearly TGI's."""

from typing import Any

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.lines import openai_error
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.generation.sequences import Sequence
from dragoman.platforms.lmi.generation.tokens import Token
from dragoman.platforms.lmi.generation.words import Words

Json = dict[str, Any]


class Newest(Words):
    """``generated_text``, ``details`` and ``token`` as LMI's asynchronous handler writes them.

    More than one sequence and more than one likely token are told as TGI tells them.

    Args:
        request: what was asked for.
    """

    final = b"\n"

    def __init__(self, request: Request) -> None:
        super().__init__(request, request.details)

    def line(self, token: Token) -> Json:
        """The token, with fields that stay null until the last one."""
        others = {"top_tokens": self._likeliest(token)} if self._request.top_tokens else {}
        return {"index": 0, "token": _token(token)} | others | {"generated_text": None, "details": None}

    def failure(self, error: HandlerError) -> bytes:
        """An error as the engine tells it."""
        return openai_error(error)

    def _last_details(self, sequence: Sequence) -> Json:
        return {
            "finish_reason": sequence.finish_reason,
            "seed": self._request.seed,
            "generated_tokens": sequence.generated_tokens,
            "input_length": sequence.input_length,
        }

    def _details(self, sequence: Sequence) -> Json:
        details: Json = {
            "finish_reason": sequence.finish_reason,
            "generated_tokens": sequence.generated_tokens,
            "seed": self._request.seed,
            **self._prefill(sequence),
            "tokens": [_token(token) for token in sequence.tokens],
        }
        if self._request.top_tokens:
            details["top_tokens"] = [self._likeliest(token) for token in sequence.tokens]
        return details

    def _prefill(self, sequence: Sequence) -> Json:
        """The prompt's tokens without the first, which has no log-probability; beam search does not tell them."""
        if self._request.prefill and not sequence.prefill:
            return {}
        return {"prefill": [_token(token) for token in sequence.prefill[1:]]}

    def _likeliest(self, token: Token) -> list[Json]:
        return [_token(each) for each in token.alternatives]


def _token(token: Token) -> Json:
    return {"id": token.id, "text": token.text, "logprob": token.logprob}
