"""What an era calls the parts of an answer."""

from abc import ABC, abstractmethod
from typing import Any

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.generation.sequences import Sequence
from dragoman.platforms.lmi.generation.tokens import Token

Json = dict[str, Any]


class Words(ABC):
    """LMI's schema for text, as both eras have it.

    Args:
        request: what was asked for.
        tells_tokens: whether a result has the tokens of its text.
    """

    final = b""
    """What stands after an answer that is no stream."""

    def __init__(self, request: Request, tells_tokens: bool) -> None:
        self._request = request
        self.tells_tokens = tells_tokens

    def result(self, sequences: list[Sequence]) -> Json:
        """What was made of a prompt, the best sequence first: its text, and details where tokens are told."""
        best, *others = sequences
        result: Json = {"generated_text": best.text_for(self._request)}
        if self.tells_tokens:
            result["details"] = self._of_the_prompt(best) | self._details(best)
            if others:
                result["details"]["best_of_sequences"] = [self._other(other) for other in others]
        return result

    @abstractmethod
    def line(self, token: Token) -> Json:
        """What a stream says of a token."""

    def ending(self, sequence: Sequence) -> Json:
        """What a stream says besides with its last token: the text, and where details are asked for, those too."""
        ending: Json = {"generated_text": sequence.text_for(self._request)}
        if self._request.details:
            ending["details"] = self._of_the_prompt(sequence) | self._last_details(sequence)
        return ending

    @abstractmethod
    def failure(self, error: HandlerError) -> bytes:
        """An error in a stream."""

    def _other(self, sequence: Sequence) -> Json:
        return self._details(sequence) | {"generated_text": sequence.text_for(self._request)}

    def _of_the_prompt(self, sequence: Sequence) -> Json:
        """What details say of the prompt."""
        return {}

    @abstractmethod
    def _details(self, sequence: Sequence) -> Json: ...

    @abstractmethod
    def _last_details(self, sequence: Sequence) -> Json: ...
