"""Downloads from the Hugging Face hub, or whatever HF_ENDPOINT names, into the cache where vLLM looks."""

import glob
import logging
from collections import Counter
from pathlib import Path
from threading import Lock

from huggingface_hub import HfApi, constants, try_to_load_from_cache
from huggingface_hub.utils.tqdm import disable_progress_bars

from dragoman.downloads.bars import silent_bars
from dragoman.downloads.listing import listed
from dragoman.downloads.progress import Progress
from dragoman.downloads.refusals import refusals
from dragoman.downloads.repositories import Repository
from dragoman.engine import Report
from dragoman.errors import EngineStartError
from dragoman.settings.secrets import redact

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
        with refusals(repository):
            return _download(HfApi(token=repository.token), repository, report)
    except Exception as error:
        if isinstance(error, EngineStartError):
            raise
        reason = f"{type(error).__name__}: {redact(str(error), ())}"
        log.warning("%s is left to vLLM to download: %s", repository.name, reason)
        return None


def _download(api: HfApi, repository: Repository, report: Report) -> Path:
    listing = listed(api, repository)
    total = sum(file.size for file in listing.files)
    done = sum(file.size for file in listing.files if _is_cached(repository, file.name, listing.commit))
    directory = api.snapshot_download(
        repository.name,
        revision=repository.revision,
        cache_dir=repository.cache,
        allow_patterns=[glob.escape(file.name) for file in listing.files],
        tqdm_class=silent_bars(_Meter(Progress(repository.name, done, total, report)).move),
    )
    return Path(directory)


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

    def move(self, bar: int, count: int) -> None:
        """Notes that a bar was moved."""
        with self._lock:
            self._counts[bar] += count
            ahead = max(self._counts.values()) - self._told
            self._told += max(ahead, 0)
        if ahead > 0:
            self._progress.move(ahead)
