"""`sampling_params` of worker-vllm's jobs, as fields of OpenAI requests to vLLM."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.serving.json_types import type_of

FIELD = "sampling_params"


@dataclass(frozen=True)
class Kind:
    """What a parameter may be."""

    words: str
    fits: Callable[[Any], bool]


def is_number(value: object) -> bool:
    """Whether JSON has a finite number there."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def is_integer(value: object) -> bool:
    """Whether JSON has a whole number there, 5.0 included."""
    return is_number(value) and value == int(value)  # type: ignore[call-overload]


def is_flag(value: object) -> bool:
    """Whether JSON has true, false, 1 or 0 there."""
    return isinstance(value, int) and value in (0, 1)


def _is_list_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


NUMBER = Kind("a number", is_number)
INTEGER = Kind("an integer", is_integer)
FLAG = Kind("true or false", is_flag)
INTEGERS = Kind("a list of integers", _is_list_of(is_integer))
TEXTS = Kind("a list of strings", _is_list_of(_is_text))
STOPS = Kind("a string or a list of strings", lambda value: _is_text(value) or TEXTS.fits(value))
COUNT = Kind("an integer or true or false", lambda value: is_integer(value) or is_flag(value))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
# What is nobody's business before the engine, which says itself what it takes.
ANY = Kind("anything", lambda _: True)

# worker-vllm's documented ones, and those that vLLM's own SamplingParams have besides.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(["n", "best_of", "top_k", "max_tokens", "min_tokens"], INTEGER),
        **dict.fromkeys(["seed", "truncate_prompt_tokens"], INTEGER),
        **dict.fromkeys(["presence_penalty", "frequency_penalty", "repetition_penalty", "length_penalty"], NUMBER),
        **dict.fromkeys(["temperature", "top_p", "min_p"], NUMBER),
        **dict.fromkeys(["use_beam_search", "ignore_eos", "include_stop_str_in_output"], FLAG),
        **dict.fromkeys(["skip_special_tokens", "spaces_between_special_tokens"], FLAG),
        **dict.fromkeys(["stop_token_ids", "allowed_token_ids"], INTEGERS),
        **dict.fromkeys(["logprobs", "prompt_logprobs"], COUNT),
        **dict.fromkeys(["logit_bias", "structured_outputs", "response_format"], OBJECT),
        **dict.fromkeys(["guided_json", "guided_regex", "guided_choice", "guided_grammar"], ANY),
        **dict.fromkeys(["guided_json_object", "guided_whitespace_pattern", "guided_decoding_backend"], ANY),
        "stop": STOPS,
        "bad_words": TEXTS,
    }
)
# Sent even where the job is silent: vLLM would take the model's generation_config.json instead.
DEFAULTS: Mapping[str, float] = MappingProxyType(
    {
        "n": 1,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "repetition_penalty": 1.0,
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": -1,
        "min_p": 0.0,
    }
)


@dataclass(frozen=True)
class Sampling:
    """The parameters of one job: the known ones by name, and the rest."""

    fields: Mapping[str, Any]
    unknown: Mapping[str, Any]

    @classmethod
    def of(cls, params: object, default_max_tokens: int) -> "Sampling":
        """Reads `sampling_params`.

        Raises:
            JobError: 400, naming the parameter whose type is wrong.
        """
        if params is not None and not isinstance(params, dict):
            raise wrong_type(FIELD, OBJECT, params)
        given = {key: value for key, value in (params or {}).items() if value is not None}
        if given.get("early_stopping") is False:
            # vLLM has no such choice any more, and this one, the default, asks for nothing.
            del given["early_stopping"]
        known = {key: value for key, value in given.items() if key in KINDS}
        for key, value in known.items():
            if not KINDS[key].fits(value):
                raise wrong_type(f"{FIELD}.{key}", KINDS[key], value)
        unknown = {key: value for key, value in given.items() if key not in KINDS}
        return cls({**DEFAULTS, "max_tokens": default_max_tokens, **known}, unknown)

    @property
    def whole_only(self) -> bool:
        """Whether the sequences are known only when all of them are complete: the best of many, or of a beam."""
        return bool(self.fields.get("use_beam_search")) or self.fields.get("best_of", 0) > self.fields["n"]

    def without_logprobs(self) -> dict[str, Any]:
        """The fields for an answer that has no room for log-probabilities."""
        return {key: value for key, value in self.fields.items() if key not in ("logprobs", "prompt_logprobs")}

    def for_completion(self) -> dict[str, Any]:
        """The fields of a completion request."""
        return {**self.unknown, **self.fields}

    def for_chat(self) -> dict[str, Any]:
        """The fields of a chat request, where `logprobs` only says whether, and `top_logprobs` how many."""
        count = self.fields.get("logprobs")
        split = {} if count is None or isinstance(count, bool) else {"logprobs": True, "top_logprobs": count}
        return {**self.for_completion(), **split}


def wrong_type(field: str, kind: Kind, value: object) -> JobError:
    """The error of a field that holds something else than it must."""
    return JobError(f"{field} must be {kind.words}, not {type_of(value)}.", param=field)
