"""What the engine made of a prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.platforms.lmi.generation.reasons import finish_reason
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.generation.texts import shares, with_texts
from dragoman.platforms.lmi.generation.tokens import NO_TOKEN, Token, prompt_tokens, tokens_of

Json = dict[str, Any]
Prompt = str | list[int]


@dataclass(frozen=True)
class Sequence:
    """A text and how it came about.

    Args:
        prompt: the prompt as it came.
        text: what was generated.
        finish_reason: why it ended, in LMI's words.
        tokens: what it was made of, if that is to be told.
        prefill: the prompt's tokens, if they are to be told.
        input_length: how many tokens the prompt has, if the engine said so.
    """

    prompt: Prompt
    text: str
    finish_reason: str | None
    tokens: tuple[Token, ...] = ()
    prefill: tuple[Token, ...] = ()
    input_length: int | None = None

    @property
    def generated_tokens(self) -> int:
        """How many tokens were generated, the one that ended the text included."""
        return sum(token.id != NO_TOKEN for token in self.tokens)

    def text_for(self, request: Request) -> str:
        """The text, after the prompt where the request wants both."""
        return self.prompt + self.text if request.full_text and isinstance(self.prompt, str) else self.text


def sequence_of(prompt: Prompt, choice: Json, request: Request, vocabulary: Mapping[int, str]) -> Sequence:
    """A sequence with all that is told in details.

    Args:
        prompt: what it follows.
        choice: the engine's choice.
        request: what was asked for.
        vocabulary: the text of tokens that were looked up.
    """
    tokens = tokens_of(choice, vocabulary, request.top_tokens)
    texts = shares([token.text for token in tokens], choice["text"])
    prefill = prompt_tokens(choice, vocabulary) if request.prefill else ()
    return Sequence(prompt, choice["text"], finish_reason(choice), tuple(with_texts(tokens, texts)), tuple(prefill))


def text_of(prompt: Prompt, choice: Json) -> Sequence:
    """A sequence without details."""
    return Sequence(prompt, choice["text"], finish_reason(choice))
