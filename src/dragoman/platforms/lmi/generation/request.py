"""A request to the engine, and the forms in which it may be answered."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

Json = dict[str, Any]


class Form(Enum):
    """The form of an answer."""

    GENERATED = "LMI's generated_text"
    CHAT = "a chat in the words of rolling batch"
    OPENAI = "the engine's own"
    BEDROCK = "Bedrock's"
    VECTORS = "lists of numbers"


class Wire(Enum):
    """How an answer travels; the values are media types."""

    JSON = "application/json"
    LINES = "application/jsonlines"
    EVENTS = "text/event-stream"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to the engine, and how its answer is to be given.

    Args:
        path: the engine's route.
        body: what is posted there, its model included.
        form: the form of the answer.
        wire: how the answer travels; a stream unless it is JSON.
        prompts: the prompts as they came, one for each result.
        batched: whether the answer is a list of results, one for each prompt.
        wrapped: whether the one result stands in a list all the same, as TGI has it.
        details: whether tokens and the reason for the end are told.
        prefill: whether the prompt's tokens are told.
        top_tokens: how many alternatives to each token are told; the engine then tells tokens as ``token_id:…``.
        full_text: whether the prompt stands before the text.
        sequences: how many sequences there are for each prompt.
        seed: the seed, if one was given.
    """

    path: str
    body: Json
    form: Form
    wire: Wire = Wire.JSON
    prompts: tuple[str | list[int], ...] = ()
    batched: bool = False
    wrapped: bool = False
    details: bool = False
    prefill: bool = False
    top_tokens: int = 0
    full_text: bool = False
    sequences: int = 1
    seed: int | None = None

    @property
    def streams(self) -> bool:
        """Whether the answer comes in pieces."""
        return self.wire is not Wire.JSON
