"""Whether tokens are sampled, and how where a request does not say."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dragoman.platforms.lmi.options import Era

Json = dict[str, Any]

# Sent in the documented era even where a request is silent: the engine would ask the model's generation_config.json.
DOCUMENTED: Mapping[str, float] = MappingProxyType({"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0})


def sampling_fields(parameters: Mapping[str, Any], era: Era, several: bool) -> Json:
    """The engine's fields that follow from ``do_sample``, or from its absence.

    The documented era is greedy unless it is asked for something else; the newest one does as the model says.

    Args:
        parameters: those of the request.
        era: whose defaults count.
        several: whether sequences are wanted that cannot all be the likeliest.
    """
    do_sample = parameters.get("do_sample")
    likeliest = {"temperature": 0.0} if do_sample is False else {}
    return {**_defaults(era, bool(do_sample) or several), **_given(parameters), **likeliest}


def _defaults(era: Era, sampled: bool) -> Json:
    return {**DOCUMENTED, "temperature": 1.0 if sampled else 0.0} if era is Era.ROLLING else {}


def _given(parameters: Mapping[str, Any]) -> Json:
    names = (*DOCUMENTED, "temperature")
    return {name: parameters[name] for name in names if name in parameters}
