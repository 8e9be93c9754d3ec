"""The generation parameters of LMI's schema: `parameters`."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from dragoman.platforms.lmi.generation import kinds
from dragoman.platforms.lmi.generation.kinds import Kind
from dragoman.settings.values import quote

Json = dict[str, Any]

FIELD = "parameters"

log = logging.getLogger("dragoman")


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Args:
        kind: what it may hold.
        field: the engine's field that it becomes as it is, where there is one.
    """

    kind: Kind
    field: str | None = None


def _named(kind: Kind, *names: str) -> dict[str, Parameter]:
    """Parameters that the engine knows by the same name."""
    return {name: Parameter(kind, name) for name in names}


# Of two that become one field the later counts. Those without a field shape the answer or are weighed with others.
PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        **_named(kinds.INTEGER, "max_tokens", "min_tokens", "top_k", "seed", "truncate_prompt_tokens"),
        **_named(kinds.NUMBER, "temperature", "top_p", "min_p"),
        **_named(kinds.NUMBER, "repetition_penalty", "presence_penalty", "frequency_penalty", "length_penalty"),
        **_named(kinds.FLAG, "ignore_eos", "include_stop_str_in_output"),
        **_named(kinds.FLAG, "skip_special_tokens", "spaces_between_special_tokens"),
        **_named(kinds.INTEGERS, "stop_token_ids", "allowed_token_ids"),
        **_named(kinds.TEXTS, "bad_words"),
        **_named(kinds.OBJECT, "logit_bias", "response_format", "structured_outputs"),
        **_named(kinds.ANY, "guided_json", "guided_regex", "guided_choice", "guided_grammar", "guided_json_object"),
        **_named(kinds.ANY, "guided_whitespace_pattern", "guided_decoding_backend"),
        "max_new_tokens": Parameter(kinds.INTEGER, "max_tokens"),
        "truncate": Parameter(kinds.INTEGER, "truncate_prompt_tokens"),
        "ignore_eos_token": Parameter(kinds.FLAG, "ignore_eos"),
        "do_sample": Parameter(kinds.FLAG),
        "stop": Parameter(kinds.STOPS),
        "stop_sequences": Parameter(kinds.STOPS),
        "n": Parameter(kinds.POSITIVE),
        "best_of": Parameter(kinds.POSITIVE),
        "num_beams": Parameter(kinds.POSITIVE),
        "use_beam_search": Parameter(kinds.FLAG),
        "top_n_tokens": Parameter(kinds.NATURAL),
        "logprobs": Parameter(kinds.COUNT),
        "prompt_logprobs": Parameter(kinds.COUNT),
        "details": Parameter(kinds.FLAG),
        "decoder_input_details": Parameter(kinds.FLAG),
        "return_full_text": Parameter(kinds.FLAG),
        "output_formatter": Parameter(kinds.TEXT),
    }
)
DEFAULT_MAX_TOKENS = 30


def parameters_of(content: Json) -> Json:
    """The known parameters of a request by name, those that are null left out.

    ``seed`` may stand beside them. Unknown ones are dropped, as LMI drops them, and told in the log.

    Raises:
        PayloadError: they are no object, or one of them is of a wrong type.
    """
    given = kinds.OBJECT.of(FIELD, {} if content.get(FIELD) is None else content[FIELD])
    present = {name: value for name, value in ({"seed": content.get("seed")} | given).items() if value is not None}
    if unknown := present.keys() - PARAMETERS.keys():
        _dropped.tell(unknown)
    known = [name for name in PARAMETERS if name in present]
    return {name: PARAMETERS[name].kind.of(f"{FIELD}.{name}", present[name]) for name in known}


def engine_fields(parameters: Mapping[str, Any]) -> Json:
    """The engine's fields for parameters that need no weighing; 30 tokens unless they say how many."""
    named = ((PARAMETERS[name].field, value) for name, value in parameters.items())
    fields = {field: value for field, value in named if field is not None}
    stops = [*parameters.get("stop", ()), *parameters.get("stop_sequences", ())]
    return {"max_tokens": DEFAULT_MAX_TOKENS} | fields | ({"stop": list(dict.fromkeys(stops))} if stops else {})


class Dropped:
    """Tells in the log which parameters are dropped: each once, some at a time, and after many no more.

    Args:
        most: how many are told in all.
        at_once: how many of one request.
    """

    def __init__(self, most: int = 1024, at_once: int = 5) -> None:
        self._most = most
        self._at_once = at_once
        self._told: set[str] = set()

    def tell(self, names: Collection[str]) -> None:
        """Tells some of the names, if they are new."""
        room = min(self._at_once, self._most - len(self._told))
        if fresh := list(islice((shown for shown in map(quote, names) if shown not in self._told), room)):
            self._told.update(fresh)
            log.warning("Parameters of requests that vLLM does not have are ignored: %s.", ", ".join(fresh))


_dropped = Dropped()
