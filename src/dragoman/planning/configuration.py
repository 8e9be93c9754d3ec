"""A model's config.json, with what it leaves out and under whatever names it has it."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from dragoman.settings.values import Value

# Where models that see or hear keep the configuration of the part that writes.
_TEXTS = ("thinker_config", "text_config", "llm_config", "language_config", "text_encoder", "decoder", "generator")
# Where transformers keeps what is special about a layer, by its number.
_EACH_LAYER = "per_layer_config"
_MOST = 2**63


class UntoldError(ValueError):
    """A model is of a kind that is not known here; the message says which, in words that may follow a colon."""


@cache
def model_types() -> Mapping[str, Mapping[str, Value]]:
    """Return what each type of model leaves out of config.json, as tools/dump_model_types.py has found it."""
    text = files("dragoman.planning").joinpath("model_types.json").read_text()
    types: Mapping[str, Mapping[str, Value]] = json.loads(text)["types"]
    return types


class Configuration:
    """What config.json says of the part of a model that keeps a KV cache.

    Args:
        whole: the file's content.
    """

    def __init__(self, whole: Mapping[str, Value]) -> None:
        self.whole = whole
        self._text, self.model_type = _innermost(whole, str(whole.get("model_type") or ""))
        known = model_types().get(self.model_type, {})
        self._names: Mapping[str, str] = known.get("names", {})
        self._defaults: Mapping[str, Value] = known.get("defaults", {})
        self.pattern: tuple[str, ...] = tuple(known.get("pattern", ()))

    @property
    def architectures(self) -> tuple[str, ...]:
        """The classes that the model says it is of."""
        named = self.whole.get("architectures") or self._text.get("architectures") or ()
        return tuple(str(name) for name in named) if isinstance(named, list) else ()

    @property
    def quantization(self) -> Mapping[str, Value]:
        """How the weights are quantized, as the model's file says; empty where they are not."""
        for held in (self.whole, self._text):
            for key in ("quantization_config", "compression_config"):
                if isinstance(found := held.get(key), dict):
                    return found
        return {}

    def overridden(self, overrides: Mapping[str, Value]) -> "Configuration":
        """Return what it is with vLLM's hf_overrides: they go into its parts, and replace whatever else they name."""
        parts = {key: _merged(self.whole.get(key), overrides[key]) for key in _TEXTS if key in overrides}
        return Configuration({**self.whole, **overrides, **parts})

    def says(self, name: str) -> bool:
        """Whether the file itself has it, and not as null."""
        return any(self._text.get(key) is not None for key in (name, self._names.get(name, name)))

    def get(self, name: str, default: Value = None) -> Value:
        """Return a value by the name that most models have for it: from the file, or else the type's default."""
        for key in (name, self._names.get(name, name)):
            if key in self._text:
                return self._text[key]
        return self._defaults.get(name, default)

    def count(self, *names: str) -> int:
        """Return a number of things, by the first of the names that has one.

        Raises:
            ValueError: none has, or it is no number of things.
        """
        for name in names:
            number = self.get(name)
            if number is not None:
                return counted(number, name)
        raise ValueError(f"config.json has no {names[0]}")

    def of_layer(self, index: int) -> "Configuration":
        """Return what it says of one layer, which may differ from the others."""
        held = self._text.get(_EACH_LAYER)
        own = next((part for key, part in held.items() if key.isdigit() and int(key) == index), None) if held else None
        return Configuration({**self._text, **own, _EACH_LAYER: None, "model_type": self.model_type}) if own else self

    def anywhere(self, name: str) -> Value:
        """Return a value of the part or, where that has none, of the whole file; None where there is none."""
        found = self.get(name)
        return self.whole.get(name) if found is None else found


def counted(number: Value, name: str) -> int:
    """Return a number of things; ValueError for anything else."""
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number < _MOST:
        raise ValueError(f"{name} is {number!r}, which is no number of things")
    return number


def _merged(held: Value, update: Value) -> Value:
    """Return an object in which each value is replaced that the update has, and objects inside are merged likewise."""
    if not isinstance(held, dict) or not isinstance(update, dict):
        return update
    return {**held, **{key: _merged(held.get(key), value) for key, value in update.items()}}


def _innermost(held: Mapping[str, Value], model_type: str) -> tuple[Mapping[str, Value], str]:
    for key in _TEXTS:
        part = held.get(key)
        if isinstance(part, dict) and part:
            default = model_types().get(model_type, {}).get("texts", {}).get(key, model_type)
            return _innermost(part, str(part.get("model_type") or default))
    return held, model_type
