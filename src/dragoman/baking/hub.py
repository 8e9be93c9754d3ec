"""Models of the Hugging Face hub: into a cache of huggingface_hub's, where every platform's worker finds them."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

from huggingface_hub import HfApi, constants
from huggingface_hub.utils.tqdm import disable_progress_bars

from dragoman.baking.contents import check_contents
from dragoman.baking.manifest import Baked, BakedFile
from dragoman.baking.meters import Meters
from dragoman.baking.room import ELSEWHERE
from dragoman.downloads.checksums import Checksum
from dragoman.downloads.listing import HubFile, listed
from dragoman.downloads.refusals import hub_address, refusals
from dragoman.downloads.repositories import Repository
from dragoman.downloads.transfers import Moved, cached, partial_size, transferred
from dragoman.downloads.whole_files import write_whole
from dragoman.errors import ConfigurationError, DragomanError, EngineStartError
from dragoman.settings.hub_cache import MAIN
from dragoman.settings.secrets import redact

STREAMS = 8


class _StoppedError(Exception):
    """Another file has failed, so this one need not come."""


class HubDelivery:
    """A model of the hub.

    Args:
        repository: which.

    Raises:
        ConfigurationError: the hub may not be asked.
        EngineStartError: the hub does not give it, or it has nothing that vLLM could load.
    """

    verb = "downloading"

    def __init__(self, repository: Repository) -> None:
        if constants.HF_HUB_OFFLINE:
            raise ConfigurationError(f"HF_HUB_OFFLINE is set, and {repository.name} is not here: unset it")
        disable_progress_bars()
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
        self._repository = repository
        self._api = HfApi(token=repository.token)
        with _explained(self._repository):
            self._listing = listed(self._api, self._repository)
        self._commit = self._listing.commit or self._repository.revision or MAIN
        check_contents(repository, [file.name for file in self._listing.files])

    @property
    def sizes(self) -> list[int]:
        """Those of all files."""
        return [file.size for file in self._listing.files]

    @property
    def missing(self) -> int:
        """What is not in the cache yet."""
        return sum(
            file.size - partial_size(self._repository, file)
            for file in self._listing.files
            if cached(self._repository, self._commit, file) is None
        )

    def bring(self, meters: Meters) -> Baked:
        """Have all files come, each of them checked; the branch or tag leads to them when all are there."""
        with _explained(self._repository):
            paths = self._all(meters)
            self._refer(paths)
        files = {file.name: _record(file, path) for file, path in zip(self._listing.files, paths, strict=True)}
        directory = _snapshot(self._listing.files[0], paths[0])
        return Baked(self._repository.name, self._repository.revision, self._listing.commit, directory, files)

    def _all(self, meters: Meters) -> list[Path]:
        stop, streams = Event(), ThreadPoolExecutor(STREAMS)
        meter = {file: meters(file.name, file.size) for file in self._listing.files}
        coming = [streams.submit(self._some, files, meter, stop) for files in _with_one_content(self._listing.files)]
        try:
            wait(coming, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
            streams.shutdown(wait=False, cancel_futures=True)
        begun = [future for future in coming if not future.cancelled()]
        failed = [error for future in begun if (error := future.exception())]
        if failed:
            raise next((error for error in failed if not isinstance(error, _StoppedError)), failed[0])
        paths = {file: path for future in begun for file, path in future.result().items()}
        return [paths[file] for file in self._listing.files]

    def _some(self, files: Sequence[HubFile], meter: Mapping[HubFile, Moved], stop: Event) -> dict[HubFile, Path]:
        def unless_stopped(file: HubFile, count: int) -> None:
            if stop.is_set():
                raise _StoppedError
            meter[file](count)

        return {
            file: transferred(self._api, self._repository, self._commit, file, partial(unless_stopped, file))
            for file in files
        }

    def _refer(self, paths: list[Path]) -> None:
        """Write down, as huggingface_hub does, which commit a branch or a tag is."""
        revision = self._repository.revision or MAIN
        if revision != self._commit:
            snapshots = _snapshot(self._listing.files[0], paths[0]).parent
            reference = snapshots.parent / "refs" / revision
            reference.parent.mkdir(parents=True, exist_ok=True)
            write_whole(reference, self._commit.encode())


def _with_one_content(files: Iterable[HubFile]) -> list[list[HubFile]]:
    """Return the files in groups, the largest first, one after the other in each: the cache has a content once only."""
    groups: dict[Checksum | None, list[HubFile]] = defaultdict(list)
    for file in sorted(files, key=lambda file: -file.size):
        groups[file.checksum].append(file)
    return [*groups.values()]


def _snapshot(file: HubFile, path: Path) -> Path:
    """Return the directory that a repository's files are in."""
    return path.parents[file.name.count("/")]


def _record(file: HubFile, path: Path) -> BakedFile:
    return BakedFile(path.stat().st_size, file.checksum or Checksum.of(path))


@contextmanager
def _explained(repository: Repository) -> Iterator[None]:
    """Tells in one line why something of a repository does not come."""
    try:
        with refusals(repository, ELSEWHERE):
            yield
    except DragomanError:
        raise
    except PermissionError as error:
        raise ConfigurationError(f"{error.filename} cannot be written: {error.strerror}; {ELSEWHERE}") from error
    except Exception as error:
        said = redact(" ".join(str(error).split()), ())
        raise EngineStartError(
            f"{hub_address()} does not give {repository.name} ({type(error).__name__}: {said}); check the network, "
            "HTTPS_PROXY and HF_ENDPOINT and run it again: what has come is kept"
        ) from error
