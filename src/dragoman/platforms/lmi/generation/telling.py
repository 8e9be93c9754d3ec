"""What an answer tells beside the text, and what the engine is asked for to that end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dragoman.platforms.lmi.generation.search import Search
from dragoman.platforms.lmi.options import Era, Options

Json = dict[str, Any]

STREAM_WITH_COUNTS = {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What an answer tells.

    Args:
        streams: whether it comes token by token.
        details: whether it tells tokens and the reason for the end.
        counts: whether a stream tells how many tokens there are.
        prefill: whether it tells the prompt's tokens.
        top_tokens: how many alternatives to each token it tells.
        sequences: how many sequences it tells for each prompt.
    """

    streams: bool
    details: bool
    counts: bool
    prefill: bool
    top_tokens: int
    sequences: int

    @classmethod
    def of(cls, parameters: Mapping[str, Any], search: Search, streams: bool, options: Options) -> Self:
        """Reads the parameters; what has no place in the era's answers is not told.

        Further sequences stand in details, which the documented era adds for them; streams have one sequence, and
        nothing of the prompt.
        """
        rolling = options.era is Era.ROLLING
        asked: bool = parameters.get("details", options.tgi_compat)
        sequences = search.returned if (asked or rolling) and not streams else 1
        details = asked or sequences > 1
        prefill = parameters.get("decoder_input_details") or "prompt_logprobs" in parameters
        return cls(
            streams=streams,
            details=details,
            counts=streams and details and not rolling,
            prefill=bool(prefill) and details and not streams,
            top_tokens=parameters.get("top_n_tokens", 0) if details or (streams and not rolling) else 0,
            sequences=sequences,
        )

    def fields(self) -> Json:
        """The engine's fields; what is not needed is not asked for, because it costs."""
        fields: Json = {"stream": True} if self.streams else {}
        if self.counts:
            fields |= STREAM_WITH_COUNTS
        if self.streams or self.details:
            # With 0, vLLM tells the log-probability of the token itself.
            fields |= {"logprobs": self.top_tokens, "return_token_ids": True}
        if self.top_tokens:
            fields["return_tokens_as_token_ids"] = True
        if self.prefill:
            fields["prompt_logprobs"] = 0
        return fields
