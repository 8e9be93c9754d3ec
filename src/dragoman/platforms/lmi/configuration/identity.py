"""Which model is served: what SERVING_LOAD_MODELS, the model store and HF_MODEL_ID say together.

DJL Serving can load many models. This worker serves one, so it is an error where they name several.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from dragoman.platforms.lmi.configuration.load_models import VARIABLE as LOAD_MODELS
from dragoman.platforms.lmi.configuration.load_models import Entry, load_models
from dragoman.platforms.lmi.configuration.model_store import STORE, holds_model, models_in
from dragoman.platforms.lmi.configuration.model_store import VARIABLE as MODEL_STORE
from dragoman.platforms.lmi.configuration.model_url import directory_of, is_remote, refusal
from dragoman.platforms.lmi.configuration.registration import Registration, in_directory, on_hub, on_s3
from dragoman.settings import files
from dragoman.settings.values import is_unset, quote

HF_MODEL_ID = "HF_MODEL_ID"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Identity:
    """The model that is served, those that were named beside it, and what is wrong with how they were named."""

    registration: Registration
    others: tuple[Registration, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def store_directory(environment: Mapping[str, str], model_dir: Path | None) -> Path:
    """Return the directory in which the platform puts models, or `model_dir`, which the user has in its place."""
    named = environment.get(MODEL_STORE)
    return model_dir or (STORE if is_unset(named) else Path(str(named)))


def identify(environment: Mapping[str, str], model_dir: Path | None) -> Identity:
    """Return which model is served.

    Args:
        environment: the worker's variables.
        model_dir: what the user has in place of the directory in which the platform puts models.
    """
    store = store_directory(environment, model_dir)
    warnings: tuple[str, ...] = ()
    try:
        warnings = _blaming(MODEL_STORE, lambda: tuple(_remarks_on_store(store, model_dir)))
        entries = _blaming(LOAD_MODELS, lambda: _entries(environment.get(LOAD_MODELS, ""), model_dir))
        hub = _blaming(HF_MODEL_ID, lambda: _of_hub_variable(environment.get(HF_MODEL_ID, "").strip(), model_dir))
    except ValueError as problem:
        return Identity(_stored(store, store), warnings=warnings, errors=(str(problem),))
    if entries is None:
        found = _in_store(store, hub)
    else:
        found = _loaded([_of_entry(entry, model_dir) for entry in entries], hub)
        warnings = (*warnings, *_remarks_on_entries(entries, model_dir))
    first, *others = found or [replace(_stored(store, store), directory=None, model=None)]
    return Identity(first, tuple(others), warnings)


def _blaming(variable: str, read: Callable[[], T]) -> T:
    """Return what is read, and name the variable in the reason of a ValueError."""
    try:
        return read()
    except ValueError as problem:
        raise ValueError(f"variable {variable}: {problem}") from None


def _remarks_on_store(store: Path, model_dir: Path | None) -> Iterator[str]:
    """Yield what to say about a store that is not there.

    Raises ValueError where nobody can look whether it is.
    """
    if model_dir is not None or store == STORE or os.path.isdir(store):
        return
    _look_at(store)
    yield f"variable {MODEL_STORE}: {quote(str(store))} is not a directory"


def _look_at(path: Path) -> None:
    """Raise ValueError where nobody can look whether a file or directory is there."""
    if reason := files.refusal(path):
        raise ValueError(f"{quote(str(path))} {reason}")


def _stored(directory: Path, store: Path) -> Registration:
    return in_directory(directory, f"model store {store}")


def _in_store(store: Path, hub: Registration | None) -> list[Registration]:
    """Return the models of a store and the one of HF_MODEL_ID; the store itself where there is none at all."""
    stored = [_stored(directory, store) for directory in models_in(store)]
    if hub is None:
        return stored or [_stored(store, store)]
    models = [each for each in stored if _holds_model(each)]
    if not models and hub.on_hub:
        # A serving.properties that names no model can only be meant for this one.
        hub = replace(hub, directory=_stored(store, store).directory)
    return _together(models, hub)


def _loaded(named: Sequence[Registration], hub: Registration | None) -> list[Registration]:
    """Return the models of SERVING_LOAD_MODELS and the one of HF_MODEL_ID, which may be the one that is not there."""
    if hub is None or len(named) != 1 or _holds_model(named[0]):
        return _together(named, hub)
    (empty,) = named
    filled = replace(empty, model=hub.model, on_hub=hub.on_hub, chooser=hub.source)
    if hub.on_hub:
        return [filled]
    return [replace(filled, url=hub.url, directory=hub.directory, remote=hub.remote)]


def _together(named: Sequence[Registration], hub: Registration | None) -> list[Registration]:
    """Return all models, the one of HF_MODEL_ID too unless it is among the others already."""
    return [*named, *([hub] if hub and hub.url not in {each.url for each in named} else [])]


def _holds_model(found: Registration) -> bool:
    return found.remote is not None or (found.directory is not None and holds_model(found.directory))


def _entries(text: str, model_dir: Path | None) -> Sequence[Entry] | None:
    """Return the entries of SERVING_LOAD_MODELS; None for the models of the model store.

    Raises ValueError where they cannot be understood, and where the one model is not there.
    """
    entries = load_models(text)
    for entry in entries or ():
        _check(entry.url)
    if entries and len(entries) == 1 and model_dir is None:
        _look_for(entries[0].url)
    return entries


def _check(url: str) -> None:
    """Raise ValueError where a URL leads nowhere."""
    if not is_remote(url):
        directory_of(url)
    elif reason := refusal(url):
        raise ValueError(f"{quote(url)} {reason}")


def _look_for(url: str) -> None:
    """Raise ValueError where a model is not there; the container's own store is, in its image."""
    directory = None if is_remote(url) else directory_of(url)
    if directory and directory != STORE and not os.path.isdir(directory):
        _look_at(directory)
        reason = "is a file, not a directory; unpack it first" if os.path.exists(directory) else "does not exist"
        raise ValueError(f"{quote(url)} {reason}")


def _of_entry(entry: Entry, model_dir: Path | None) -> Registration:
    source = f"variable {LOAD_MODELS}"
    found = on_s3(entry.url, source) if is_remote(entry.url) else in_directory(_directory(entry.url, model_dir), source)
    return replace(
        found, name=entry.name or found.name, version=entry.version, engine=entry.engine, devices=entry.devices
    )


def _remarks_on_entries(entries: Sequence[Entry], model_dir: Path | None) -> Iterator[str]:
    """Yield what to say about entries that are elsewhere than in the user's directory."""
    for url in (entry.url for entry in entries if not is_remote(entry.url)):
        if model_dir and not _stand_in(directory_of(url), model_dir):
            yield f"variable {LOAD_MODELS}: {quote(url)} is not in model_dir {model_dir}, which is served in its place"


def _directory(url: str, model_dir: Path | None) -> Path:
    """Return the directory of an entry; the user's own stands in for one that is elsewhere."""
    directory = directory_of(url)
    return (_stand_in(directory, model_dir) or model_dir) if model_dir else directory


def _stand_in(directory: Path, model_dir: Path) -> Path | None:
    """Return the directory that the user's own has in place of one of the platform's; None where it has none."""
    if directory.absolute().is_relative_to(model_dir.absolute()):
        return directory
    if not directory.is_relative_to(STORE):
        return None
    inside = model_dir / directory.relative_to(STORE)
    return inside if os.path.isdir(inside) or directory == STORE else None


def _of_hub_variable(model: str, model_dir: Path | None) -> Registration | None:
    """Return the registration of HF_MODEL_ID, which names a model on the hub, a directory or an s3:// URL.

    Raises ValueError where it is none of these.
    """
    source = f"variable {HF_MODEL_ID}"
    if not model:
        return None
    if os.path.isfile(model) and not model.endswith(".gguf"):
        raise ValueError(f"{quote(model)} is a file, not a directory")
    _check(model)
    if is_remote(model):
        return on_s3(model, source)
    directory = directory_of(model)
    directory = (_stand_in(directory, model_dir) if model_dir else None) or directory
    if os.path.isdir(directory):
        return replace(in_directory(directory, source), model=str(directory))
    _look_at(directory)
    return on_hub(model, source)
