"""Downloads from the Hugging Face hub, or whatever HF_ENDPOINT names, into the cache where vLLM looks."""

import errno
import glob
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from huggingface_hub import HfApi, constants, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import disable_progress_bars
from tqdm import tqdm  # type: ignore[import-untyped]

from dragoman.downloads.files import SHARDS
from dragoman.downloads.progress import Progress
from dragoman.downloads.repositories import Repository, shards_in
from dragoman.engine import Report
from dragoman.errors import EngineStartError
from dragoman.settings.secrets import redact

UNAUTHORIZED = 401
FULL = (errno.ENOSPC, errno.EDQUOT)

log = logging.getLogger("dragoman")


def downloaded(repository: Repository, report: Report) -> Path | None:
    """Have in huggingface_hub's cache what vLLM will read of a repository; a download that was cut short goes on.

    Args:
        repository: what is not there yet.
        report: is told how far it is.

    Returns:
        The directory; None where vLLM had better try by itself, because the hub does not answer or may not be asked.

    Raises:
        EngineStartError: the hub does not give it, and trying again cannot help.
    """
    if constants.HF_HUB_OFFLINE:
        return None
    disable_progress_bars()
    try:
        with _refusals(repository):
            return _download(HfApi(token=repository.token), repository, report)
    except Exception as error:
        if isinstance(error, EngineStartError):
            raise
        reason = f"{type(error).__name__}: {redact(str(error), ())}"
        log.warning("%s is left to vLLM to download: %s", repository.name, reason)
        return None


def _download(api: HfApi, repository: Repository, report: Report) -> Path:
    name, revision, cache = repository.name, repository.revision, repository.cache
    # By itself huggingface_hub would wait for ever.
    patience = constants.HF_HUB_ETAG_TIMEOUT
    info = api.model_info(name, revision=revision, files_metadata=True, timeout=patience)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    wanted = repository.wanted([*sizes], _shards(api, repository) if SHARDS in sizes else ())
    there = [file for file in wanted if _is_cached(repository, file, info.sha)]
    total, done = (sum(sizes[file] for file in files) for files in (wanted, there))
    directory = api.snapshot_download(
        name,
        revision=revision,
        cache_dir=cache,
        allow_patterns=[glob.escape(file) for file in wanted],
        tqdm_class=_Meter(Progress(name, done, total, report)).bars(),
    )
    return Path(directory)


def _shards(api: HfApi, repository: Repository) -> list[str]:
    if repository.load_format is None:
        return []
    index = api.hf_hub_download(repository.name, SHARDS, revision=repository.revision, cache_dir=repository.cache)
    return shards_in(Path(index).parent)


def _is_cached(repository: Repository, file: str, commit: str | None) -> bool:
    return isinstance(try_to_load_from_cache(repository.name, file, repository.cache, commit), str)


class _Meter:
    """Moves a progress on as huggingface_hub moves its bars.

    It has one for what comes over the network, one for what is written, and one for whole files; the one that is
    ahead tells.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._counts: Counter[int] = Counter()
        self._told = 0
        self._lock = Lock()

    def bars(self) -> type[tqdm]:
        """The class of such bars; they show nothing themselves."""
        meter = self

        class Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
            def __init__(self, *arguments: object, **options: object) -> None:
                super().__init__(*arguments, **{**options, "disable": True})

            def update(self, n: float | None = 1) -> None:
                meter.move(id(self), int(n or 0))

        return Bar

    def move(self, bar: int, count: int) -> None:
        """Notes that a bar was moved."""
        with self._lock:
            self._counts[bar] += count
            ahead = max(self._counts.values()) - self._told
            self._told += max(ahead, 0)
        if ahead > 0:
            self._progress.move(ahead)


@contextmanager
def _refusals(repository: Repository) -> Iterator[None]:
    """Tells in one line why the hub will never give a repository."""
    hub = redact(constants.ENDPOINT, ())
    try:
        yield
    except GatedRepoError as error:
        raise EngineStartError(
            f"{repository.name} is gated: ask for access at {hub}/{repository.name}, "
            "and set HF_TOKEN to a token of the account that has it"
        ) from error
    except RepositoryNotFoundError as error:
        raise EngineStartError(
            f"{repository.name} is neither a directory here nor a model on {hub} that this worker may "
            "see; check the name, and set HF_TOKEN where the model is private"
        ) from error
    except RevisionNotFoundError as error:
        raise EngineStartError(f"{repository.name} has no revision {repository.revision}") from error
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code == UNAUTHORIZED:
            raise EngineStartError(f"{hub} refuses the token in HF_TOKEN; set one that is valid") from error
        raise
    except OSError as error:
        if error.errno in FULL:
            raise EngineStartError(
                f"{repository.name} does not fit into {repository.cache}; HF_HUB_CACHE names another directory"
            ) from error
        raise
