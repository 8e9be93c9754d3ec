"""What a plan is made from: a model's config.json and the headers of its safetensors, wherever they are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dragoman.downloads.files import SHARDS
from dragoman.downloads.repositories import shards_in
from dragoman.errors import ConfigurationError
from dragoman.planning.headers import Tensor, tensors
from dragoman.settings.values import Value

CONFIGURATION = "config.json"
# What else tells how long a request to a model that embeds or ranks may be.
LENGTHS = ("tokenizer_config.json", "sentence_bert_config.json")
HEADED = ".safetensors"
WEIGHTS = (HEADED, ".bin", ".pt", ".gguf")
# Mistral's own files, for which vLLM reads no index of this name.
_WITHOUT_INDEX = "consolidated"
_NAMED = 3
_AGAIN = "download the model again, for example with dragoman bake"


@dataclass(frozen=True)
class Material:
    """What is known of a model.

    Args:
        name: what the user calls it.
        place: where it was read, in words.
        config: config.json; None where there is none.
        tensors: those of the safetensors that vLLM reads.
        files: the bytes of the files that vLLM reads its weights from.
        to_download: the bytes that a start has to download first.
        lengths: the files that tell how long a request may be, by their names.
        notes: what could not be found out.
    """

    name: str
    place: str
    config: Mapping[str, Value] | None = field(repr=False)
    tensors: tuple[Tensor, ...] = field(repr=False)
    files: int
    to_download: int = 0
    lengths: Mapping[str, Mapping[str, Value]] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()


def in_directory(name: str, directory: Path, files: Sequence[Path]) -> Material:
    """Return what a model's directory tells.

    Args:
        name: what the user calls it.
        directory: where it is.
        files: those that vLLM reads.

    Raises:
        ConfigurationError: a file is not what its name says, or is missing.
    """
    weights = [file for file in files if file.name.endswith(WEIGHTS)]
    _check_shards(directory, weights)
    headers = [file for file in weights if file.name.endswith(HEADED)]
    return Material(
        name=name,
        place=str(directory),
        config=_object(directory / CONFIGURATION),
        tensors=tuple(tensor for file in headers for tensor in _tensors(file)),
        files=sum(file.stat().st_size for file in weights),
        lengths={each: _object(directory / each) or {} for each in LENGTHS},
        notes=tuple(_notes(weights, headers)),
    )


def in_file(file: Path) -> Material:
    """Return what one safetensors file tells, which has no config.json beside it.

    Raises:
        ConfigurationError: it is no safetensors file.
    """
    note = f"there is no {CONFIGURATION} beside {file.name}: only its weights are known"
    return Material(str(file), str(file), None, tuple(_tensors(file)), file.stat().st_size, notes=(note,))


def _check_shards(directory: Path, weights: Sequence[Path]) -> None:
    """Refuse a download that is not complete, as vLLM does where it reads the index of the safetensors."""
    index = directory / SHARDS
    if not index.is_file() or any(file.name.startswith(_WITHOUT_INDEX) for file in weights):
        return
    shards = shards_in(directory)
    if not shards:
        raise ConfigurationError(f"{index} names no files with weights, or was cut short: {_AGAIN}")
    missing = [name for name in shards if not (directory / name).is_file()]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        names = ", ".join(missing[:_NAMED]) + more
        raise ConfigurationError(f"{directory} is not complete, {SHARDS} names {names} as well: {_AGAIN}")


def _notes(weights: Sequence[Path], headers: Sequence[Path]) -> Iterator[str]:
    if not weights:
        yield "there are no weights: only what config.json tells is known"
    elif not headers:
        yield f"the weights are in {weights[0].suffix} files: how many parameters there are is not known"


def _tensors(file: Path) -> list[Tensor]:
    try:
        return list(tensors(file))
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem.strerror}") from problem
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as problem:
        raise ConfigurationError(f"{file} is not a safetensors file, or was cut short: {_AGAIN}") from problem


def _object(path: Path) -> dict[str, Value] | None:
    """Return a JSON object; None where there is no such file, or it holds something else."""
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) else None
