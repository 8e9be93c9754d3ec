"""How large a model is, as its config.json and the headers of its safetensors tell, without loading any of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from dragoman.settings.models import at_hand
from dragoman.settings.values import Value
from dragoman.settings.view import View

_WEIGHTS = "*.safetensors"
# An index of some ten thousand tensors has a few MiB; what claims more is none.
_LONGEST_HEADER = 100 * 2**20
# Below so many parameters a step is too short to be divided, and torch.compile takes longer than the start.
SMALL = 30_000_000
_FULL_PRECISION = ("float", "float32")


@dataclass(frozen=True, slots=True)
class Footprint:
    """A model's size.

    `parameters` is their number, `files` the bytes of the files that they are in, `weights` the bytes that they take in
    memory, `token` the bytes of KV cache that one token takes at most, and `context` the tokens of the longest request.
    """

    parameters: int
    files: int
    weights: int
    token: int
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
    config = json.loads((directory / "config.json").read_bytes())
    text = config.get("text_config", config)
    full = view.get("dtype") in _FULL_PRECISION
    parameters = sum(prod(shape) for file in directory.glob(_WEIGHTS) for shape in _shapes(file))
    files = sum(file.stat().st_size for file in directory.glob(_WEIGHTS))
    weights = max(files, parameters * 4) if full else files
    chosen = view.get("max_model_len", 0)
    # Not above 0 is vLLM's `auto`: as much as fits, and no more than the model has.
    length = chosen if chosen > 0 else text["max_position_embeddings"]
    return Footprint(_counted(parameters), files, weights, _token(text, 4 if full else 2), _counted(length))


def _token(config: Mapping[str, Value], size: int) -> int:
    """Return the bytes of KV cache that one token takes: a key and a value in each head of each layer."""
    heads = _counted(config["num_attention_heads"])
    dimension = _counted(config.get("head_dim") or config["hidden_size"] // heads)
    cached = _counted(config.get("num_key_value_heads") or heads)
    return 2 * _counted(config["num_hidden_layers"]) * cached * dimension * size


def _counted(number: Value) -> int:
    """Return a number of things; ValueError for anything else."""
    if not isinstance(number, int) or number < 1:
        raise ValueError(f"{number!r} is no number of things")
    return number


def _shapes(file: Path) -> Iterator[list[int]]:
    """Yield the shape of each tensor of a safetensors file; its header is JSON behind eight bytes of length."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _LONGEST_HEADER:
            raise ValueError("this is no header")
        header = json.loads(stream.read(length))
    yield from (tensor["shape"] for name, tensor in header.items() if name != "__metadata__")
