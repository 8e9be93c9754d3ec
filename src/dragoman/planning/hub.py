"""What a model on the hub tells without being downloaded: its config.json, and a range of each file with weights."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError, SafetensorsParsingError
from huggingface_hub.utils.tqdm import disable_progress_bars

from dragoman.downloads.listing import Listing, listed
from dragoman.downloads.refusals import hub_address, refusals
from dragoman.downloads.repositories import Repository
from dragoman.errors import ConfigurationError, EngineStartError
from dragoman.planning.headers import Tensor
from dragoman.planning.material import CONFIGURATION, HEADED, LENGTHS, WEIGHTS, Material
from dragoman.settings.values import Value

_AT_A_TIME = 8


def on_hub(repository: Repository) -> Material:
    """Return what the hub tells of a model, having read no more of its weights than their headers.

    config.json and the index of the weights go into huggingface_hub's cache, where a later download finds them.

    Raises:
        ConfigurationError: the hub does not give it, or may not be asked; the message says what to do.
    """
    name = repository.name
    if constants.HF_HUB_OFFLINE:
        raise ConfigurationError(f"{name} is not on this machine, and HF_HUB_OFFLINE forbids to ask the hub: unset it")
    disable_progress_bars()
    with _refused(repository), refusals(repository):
        return _read(HfApi(token=repository.token), repository)


def _read(api: HfApi, repository: Repository) -> Material:
    listing = listed(api, repository)
    sizes = {file.name: file.size for file in listing.files}
    if CONFIGURATION not in sizes:
        raise ConfigurationError(f"{repository.name} has no {CONFIGURATION}, so it does not tell what it is")
    weights = [name for name in sizes if name.endswith(WEIGHTS)]
    headers = [name for name in weights if name.endswith(HEADED)]
    return Material(
        name=repository.name,
        place=hub_address(),
        config=_object(api, repository, listing, CONFIGURATION),
        tensors=tuple(_tensors(api, repository, listing, headers)),
        files=sum(sizes[name] for name in weights),
        to_download=sum(sizes.values()),
        lengths={name: _object(api, repository, listing, name) for name in LENGTHS if name in sizes},
        notes=() if headers else ("it has no safetensors: how many parameters it has is not known",),
    )


def _object(api: HfApi, repository: Repository, listing: Listing, file: str) -> dict[str, Value]:
    path = api.hf_hub_download(repository.name, file, revision=listing.commit, cache_dir=repository.cache)
    try:
        held = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        raise ConfigurationError(f"{repository.name} has a {file} that is not a JSON object")
    return held


def _tensors(api: HfApi, repository: Repository, listing: Listing, files: Sequence[str]) -> Iterator[Tensor]:
    def header(file: str) -> list[Tensor]:
        found = api.parse_safetensors_file_metadata(repository.name, file, revision=listing.commit)
        try:
            return [Tensor(name, str(each.dtype), tuple(each.shape)) for name, each in found.tensors.items()]
        except ValueError as error:
            raise ConfigurationError(f"{repository.name} has a {file} that cannot be: {error}") from error

    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        for tensors in threads.map(header, files):
            yield from tensors


@contextmanager
def _refused(repository: Repository) -> Iterator[None]:
    """Tell in one sentence why the hub does not give what was asked for."""
    hub, name = hub_address(), repository.name
    try:
        yield
    except ConfigurationError:
        raise
    except EngineStartError as error:
        raise ConfigurationError(str(error)) from error
    except SafetensorsParsingError as error:
        raise ConfigurationError(f"{name} has a file with weights that is not one of safetensors") from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        raise ConfigurationError(f"{hub} answers {status} when it is asked for {name}; try again later") from error
    except Exception as error:
        reason = f"{hub} does not answer ({type(error).__name__})"
        raise ConfigurationError(
            f"{reason}, and {name} is not on this machine: try again, or name a directory"
        ) from error
