"""Speculative decoding: one object, speculative_config, in place of a setting for each of its fields."""

from collections.abc import Iterator, Mapping

from dragoman.settings.retired.entries import Contribution, dropped, layered, merged, translated
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.values import Value, quote
from dragoman.settings.view import View

_TARGET = "speculative_config"
# Each setting, its type and the field that it is.
_FIELDS = {
    "speculative_method": ("str", "method"),
    "speculative_model": ("str", "model"),
    "num_speculative_tokens": ("int", "num_speculative_tokens"),
    "speculative_draft_tensor_parallel_size": ("int", "draft_tensor_parallel_size"),
    "speculative_max_model_len": ("int", "max_model_len"),
    "speculative_disable_by_batch_size": ("int", "num_speculative_tokens_per_batch_size"),
    "ngram_prompt_lookup_max": ("int", "prompt_lookup_max"),
    "ngram_prompt_lookup_min": ("int", "prompt_lookup_min"),
    "speculative_quantization": ("str", "quantization"),
    "speculative_model_revision": ("str", "revision"),
    "speculative_model_quantization": ("str", "quantization"),
    "speculative_enforce_eager": ("bool", "enforce_eager"),
}
SETTINGS = tuple(translated(name, f"{field} of {_TARGET}", takes=takes) for name, (takes, field) in _FIELDS.items())

# The names by which n-grams are chosen, in place of a model too.
_NGRAMS = ("[ngram]", "ngram")
# What a draft model is for, by what its name holds; the first that fits.
_METHODS = {"eagle3": "eagle3", "eagle": "eagle", "medusa": "medusa", "": "draft_model"}
_SCHEDULE = "num_speculative_tokens_per_batch_size"
# Larger than any batch.
_ENDLESS = 2**31 - 1


def speculation(view: View) -> Iterator[Outcome]:
    """Put every setting of speculative decoding into speculative_config, unless that has been set itself."""
    asked: list[Contribution] = [
        (settled, {field: settled.value}) for name, (_, field) in _FIELDS.items() if (settled := view.settled(name))
    ]
    if not asked:
        return
    names = [name for name in _FIELDS if view.settled(name)]
    present = view.settled(_TARGET)
    if present and present.rank <= min(settled.rank for settled, _ in asked):
        yield Remark(f"{', '.join(map(view.cite, names))} gives way to {view.cite(_TARGET)}")
        return
    base: list[Contribution] = [(present, present.value)] if present else []
    value = configuration(layered([*asked, *base]))
    if "method" not in value:
        yield Remark(f"{', '.join(map(view.cite, names))}: nothing comes of this without speculative_model")
        return
    yield merged(_TARGET, value, [settled for settled, _ in (*asked, *base)])
    yield dropped(view, names, f"{_TARGET} {quote(value)}{_loss(value, view)}")


def configuration(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return speculative_config with the method that the fields imply, if they imply one."""
    named = {name: value for name, value in fields.items() if name not in ("method", "model") or value not in _NGRAMS}
    method = named.get("method") or implied_method(fields)
    return {**({"method": method} if method else {}), **_scheduled(named)}


def implied_method(fields: Mapping[str, Value]) -> str | None:
    """Return the method that n-grams, their length or a draft model's name stand for."""
    model = fields.get("model")
    if model in _NGRAMS or fields.get("method") in _NGRAMS or (model is None and "prompt_lookup_max" in fields):
        return "ngram"
    return next(method for part, method in _METHODS.items() if part in str(model).lower()) if model else None


def _scheduled(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return the fields with the batch size from which on nothing is speculated as a schedule."""
    limit, tokens = fields.get(_SCHEDULE), fields.get("num_speculative_tokens")
    others = {name: value for name, value in fields.items() if name != _SCHEDULE}
    if not isinstance(limit, int):
        return dict(fields)
    return {**others, _SCHEDULE: [[1, limit, tokens], [limit + 1, _ENDLESS, 0]]} if tokens else others


def _loss(value: Mapping[str, Value], view: View) -> str:
    lost = view.settled("speculative_disable_by_batch_size") and _SCHEDULE not in value
    return "; speculative_disable_by_batch_size needs num_speculative_tokens" if lost else ""


RULES = (speculation,)
