"""``best_of`` and ``use_beam_search``: more sequences are generated than are returned."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.chunks import StreamOptions

Json = dict[str, Any]
# Below this vLLM takes the likeliest token each time, and refuses to do so more than once.
GREEDY = 1e-5


class Fields(BaseModel):
    """What of a request matters here, read as leniently as vLLM reads it."""

    model_config = ConfigDict(frozen=True)

    n: int | None = None
    best_of: int | None = None
    use_beam_search: bool | None = None
    temperature: float | None = None
    echo: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Self | None:
        """The fields, or None where the engine will refuse one of its own.

        Raises:
            BadRequestError: ``best_of`` is no integer.
        """
        try:
            return cls.model_validate(request)
        except ValidationError as error:
            if any(problem["loc"][0] == "best_of" for problem in error.errors()):
                raise BadRequestError("`best_of` must be an integer.", "best_of") from None
            return None

    @property
    def returned(self) -> int:
        """How many sequences the client gets."""
        return 1 if self.n is None else self.n

    @property
    def width(self) -> int:
        """How many it wants compared."""
        return self.returned if self.best_of is None else self.best_of

    @property
    def chooses(self) -> bool:
        """Whether some are left out, or all of them are to come with the best one first, which no live stream can."""
        ordered = self.best_of is not None and self.returned > 1 and not (self.stream or self.use_beam_search)
        return self.width > self.returned or ordered

    @property
    def greedy(self) -> bool:
        """Whether every sequence would be the same."""
        return not self.use_beam_search and self.temperature is not None and self.temperature < GREEDY


@dataclass(frozen=True)
class Candidates:
    """Sequences to generate, and those of them to return.

    Args:
        request: what the engine is asked for.
        generated: the number of sequences in it, for each prompt.
        returned: the number of sequences that the client gets, for each prompt.
        ranked: whether log-probabilities decide which; vLLM's beams come in order.
        echo: whether the prompt's log-probabilities stand before those of the sequence.
        hidden: fields of a choice that only this worker asked for.
        stream: how the client wants its stream, if it wants one.
    """

    request: Json
    generated: int
    returned: int
    ranked: bool
    echo: bool
    hidden: tuple[str, ...]
    stream: StreamOptions | None

    def best(self, response: Json) -> Json:
        """The response with the best sequences of each prompt, best first; the usage is that of all.

        Raises:
            BadRequestError: the engine told no log-probabilities, as with ``include_reasoning: false``.
        """
        choices = response["choices"]
        groups = (choices[start : start + self.generated] for start in range(0, len(choices), self.generated))
        best = (choice for group in groups for choice in self._best(group))
        return {**response, "choices": [self._shown(choice) | {"index": index} for index, choice in enumerate(best)]}

    def _best(self, group: list[Json]) -> list[Json]:
        ranked = sorted(group, key=self._score, reverse=True) if self.ranked else group
        return list(islice(cycle(ranked), self.returned))

    def _score(self, choice: Json) -> float:
        """The cumulative log-probability of a sequence."""
        logprobs = choice["logprobs"]
        if logprobs is None:
            raise BadRequestError("`best_of` needs log-probabilities, which this request suppresses.", "best_of")
        if "content" in logprobs:
            return math.fsum(token["logprob"] for token in logprobs["content"] or ())
        prompt = len(choice.get("prompt_logprobs") or ()) if self.echo else 0
        return math.fsum(logprobs["token_logprobs"][prompt:])

    def _shown(self, choice: Json) -> Json:
        return choice | {field: None for field in self.hidden if field in choice}


def candidates(request: Json, fields: Fields, chat: bool) -> Candidates | None:
    """What to generate for a request; None where the engine does by itself what the client wants, or refuses it.

    Older vLLM and OpenAI return the n of best_of sequences that have the highest log-probability; older vLLM took
    ``best_of`` as the width of a beam search.

    Args:
        request: the body of a completion or chat completion.
        fields: the part of it that matters here.
        chat: which of the two.

    Raises:
        BadRequestError: ``best_of`` is less than ``n``.
    """
    if not _concerned(request, fields):
        return None
    generated = 1 if fields.greedy else fields.width
    ranked = not (fields.greedy or fields.use_beam_search)
    logprobs = _logprobs(request, chat) if ranked else {}
    echoed = ("prompt_logprobs",) if logprobs and fields.echo and request.get("prompt_logprobs") is None else ()
    dropped = ("best_of", "stream", "stream_options") if fields.stream else ("best_of",)
    rest = {name: value for name, value in request.items() if name not in dropped}
    return Candidates(
        request={**rest, **logprobs, "n": generated},
        generated=generated,
        returned=fields.returned,
        ranked=ranked,
        echo=bool(fields.echo),
        hidden=(*logprobs, *echoed),
        stream=(fields.stream_options or StreamOptions()) if fields.stream else None,
    )


def _concerned(request: Json, fields: Fields) -> bool:
    if fields.returned < 1:
        return False
    if fields.width < fields.returned:
        message = f"best_of must be greater than or equal to n, got n={fields.returned} and best_of={fields.width}."
        raise BadRequestError(message, "best_of")
    if fields.stream and request.get("prompt_logprobs"):
        # vLLM's own error: it has none of them for a stream.
        return False
    if fields.use_beam_search and fields.stream:
        return True
    return fields.chooses and not (fields.greedy and fields.returned == 1)


def _logprobs(request: Json, chat: bool) -> Json:
    """What to add so that tokens come with log-probabilities; nothing where that would mend a request to be refused."""
    if request.get("logprob_token_ids"):
        return {}
    if chat:
        return {} if request.get("logprobs") or request.get("top_logprobs") else {"logprobs": True}
    return {} if request.get("logprobs") is not None else {"logprobs": 0}
