"""How large a model is, as its config.json and the headers of its safetensors tell, without loading any of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from dragoman.planning.cells import bytes_of_token
from dragoman.planning.configuration import Configuration, UntoldError, counted
from dragoman.planning.geometry import Geometry, context, geometry
from dragoman.planning.headers import tensors
from dragoman.planning.layers import State
from dragoman.planning.terms import Terms
from dragoman.settings.models import at_hand
from dragoman.settings.view import View

_WEIGHTS = "*.safetensors"
# Below so many parameters a step is too short to be divided, and torch.compile takes longer than the start.
SMALL = 30_000_000
_FULL_PRECISION = ("float", "float32")


@dataclass(frozen=True, slots=True)
class Footprint:
    """A model's size.

    `parameters` is their number, `files` the bytes of the files that they are in, `weights` the bytes that they take in
    memory, `token` the bytes of cache that one token of the longest request takes at most, and `context` the tokens of
    that request. `token` is None where config.json does not tell what is kept.
    """

    parameters: int
    files: int
    weights: int
    token: int | None
    context: int

    @property
    def is_small(self) -> bool:
        """Whether the work of a step is less than the work around it, as measured; docs/performance.md."""
        return self.parameters < SMALL


def footprint(view: View) -> Footprint | None:
    """Return the size of the model that has been set; None where it is not at hand or does not tell."""
    name = view.get("model")
    directory = at_hand(name, view.get("revision"), view.environment) if name else None
    if directory is None:
        return None
    try:
        return _measured(directory, view)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def _measured(directory: Path, view: View) -> Footprint:
    configuration = Configuration(json.loads((directory / "config.json").read_bytes()))
    full = view.get("dtype") in _FULL_PRECISION
    parameters = sum(tensor.elements for file in directory.glob(_WEIGHTS) for tensor in tensors(file))
    files = sum(file.stat().st_size for file in directory.glob(_WEIGHTS))
    weights = max(files, parameters * 4) if full else files
    chosen = view.get("max_model_len", 0)
    # Not above 0 is vLLM's `auto`: as much as fits, and no more than the model has.
    length = chosen if chosen > 0 else context(configuration)
    token = _token(configuration, "float32" if full else "bfloat16", length)
    return Footprint(counted(parameters, "parameters"), files, weights, token, length)


def _token(configuration: Configuration, dtype: str, length: int) -> int | None:
    """Return the bytes of cache that one token takes at most, with its part of what a whole request has of states."""
    try:
        kept = geometry(configuration)
    except UntoldError:
        return None
    terms = Terms(dtype=dtype, state_dtype=dtype, recurrence_dtype="float32")
    return sum(bytes_of_token(layer, terms) for layer in kept.attention) + ceil(_states(kept, terms) / length)


def _states(kept: Geometry, terms: Terms) -> int:
    return sum(_copies(state) * _bytes(state.sizes(terms.degree), terms.state_bytes) for state in kept.states)


def _copies(state: State) -> int:
    """Return how many states of a sequence vLLM keeps: one, one in reserve, and those that prefixes are found by."""
    return 2 + state.checkpoints


def _bytes(counts: Iterable[int], sizes: Iterable[int]) -> int:
    return sum(count * size for count, size in zip(counts, sizes, strict=True))
