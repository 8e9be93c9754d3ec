"""LMI's schema for text as its containers with rolling batch speak it."""

from typing import Any

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.generation.sequences import Sequence
from dragoman.platforms.lmi.generation.tokens import Token
from dragoman.platforms.lmi.generation.words import Words

Json = dict[str, Any]


class Rolling(Words):
    """``generated_text``, ``details`` and ``token`` as DJL Serving's output formatters write them.

    Args:
        request: what was asked for.
        tgi_compat: whether tokens have the names that they have in TGI.
    """

    def __init__(self, request: Request, tgi_compat: bool) -> None:
        super().__init__(request, request.details or request.sequences > 1)
        self._tgi_compat = tgi_compat

    def line(self, token: Token) -> Json:
        """The token alone."""
        return {"token": self._token(token)}

    def failure(self, error: HandlerError) -> bytes:
        """``{"error", "code"}``."""
        return error.line()

    def _of_the_prompt(self, sequence: Sequence) -> Json:
        return {"inputs": sequence.prompt}

    def _details(self, sequence: Sequence) -> Json:
        tokens = [self._token(token) for token in sequence.tokens]
        prefill = [self._token(token) for token in sequence.prefill]
        return self._last_details(sequence) | {"tokens": tokens} | ({"prefill": prefill} if prefill else {})

    def _last_details(self, sequence: Sequence) -> Json:
        summary: Json = {"finish_reason": sequence.finish_reason, "generated_tokens": sequence.generated_tokens}
        if self._request.top_tokens:
            summary["top_tokens"] = [[self._token(each) for each in token.alternatives] for token in sequence.tokens]
        return summary

    def _token(self, token: Token) -> Json:
        if not self._tgi_compat:
            return {"id": token.id, "text": token.text, "log_prob": token.logprob}
        special = {"special": True} if token.special else {}
        return {"id": token.id, "text": token.text, "logprob": token.logprob} | special
