"""One file of the hub, whole and as the hub has it: gone on with where it was cut short, and checked when it is there.

huggingface_hub itself begins such a file anew, because many processes may fill one cache. Here one process does: who
calls this keeps the others out.
"""

from collections.abc import Callable
from pathlib import Path

from huggingface_hub import HfApi, constants, hf_hub_url, try_to_load_from_cache
from huggingface_hub.file_download import HfFileMetadata, http_get, repo_folder_name
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented to be there

from dragoman.downloads.bars import silent_bars
from dragoman.downloads.checksums import Checksum
from dragoman.downloads.listing import HubFile
from dragoman.downloads.refusals import hub_address
from dragoman.downloads.repositories import Repository
from dragoman.errors import EngineStartError

TRIES = 2

Moved = Callable[[int], None]


def transferred(api: HfApi, repository: Repository, commit: str, file: HubFile, moved: Moved) -> Path:
    """Have a file in huggingface_hub's cache with the contents that the hub says it has.

    Files with the same contents have to come one after the other: they are one in the cache.

    Args:
        api: how the hub is asked.
        repository: whose file it is, and in which cache.
        commit: of which commit.
        file: what the hub says of it.
        moved: is told how many bytes have come, those among them that were there; fewer than none where some come
            again. What it raises ends the download.

    Returns:
        Where the file is.

    Raises:
        EngineStartError: it comes with other contents.
        HfHubHTTPError: the hub refuses.
        OSError: it cannot be written.
        Exception: the hub does not answer, as huggingface_hub's client says it.
    """
    for _ in range(TRIES):
        path, expected = _had(api, repository, commit, file, moved)
        if expected is None or expected.fits(path):
            return path
        moved(-path.stat().st_size)
        path.resolve().unlink()
        path.unlink(missing_ok=True)
    raise EngineStartError(
        f"{file.name} of {repository.name} has come {TRIES} times with other contents than {hub_address()} says it has "
        f"({expected}); something between here and there, such as a proxy, may change it: try again later"
    )


def partial_size(repository: Repository, file: HubFile) -> int:
    """How many bytes of a file that is not whole are there already."""
    path = _blobs(repository) / f"{file.checksum and file.checksum.digest}.incomplete"
    return path.stat().st_size if path.exists() else 0


def cached(repository: Repository, commit: str, file: HubFile) -> Path | None:
    """Where a file is, if all of it is in the cache."""
    found = try_to_load_from_cache(repository.name, file.name, repository.cache, commit)
    return Path(found) if isinstance(found, str) else None


def _had(api: HfApi, repository: Repository, commit: str, file: HubFile, moved: Moved) -> tuple[Path, Checksum | None]:
    if (path := cached(repository, commit, file)) and file.checksum:
        moved(path.stat().st_size)
        return path, file.checksum
    url = hf_hub_url(repository.name, file.name, revision=commit, endpoint=api.endpoint)
    metadata = api.get_hf_file_metadata(url=url)
    _complete(repository, url, metadata, moved)
    name = api.hf_hub_download(
        repository.name,
        file.name,
        revision=commit,
        cache_dir=repository.cache,
        tqdm_class=silent_bars(lambda bar, count: moved(count)),
    )
    return Path(name), file.checksum or Checksum.of_tag(metadata.etag)


def _complete(repository: Repository, url: str, metadata: HfFileMetadata, moved: Moved) -> None:
    """Have what the cache keeps of a file, where it can come over plain HTTP, the only way that can be gone on with."""
    size = metadata.size
    if metadata.etag is None or size is None or size > constants.MAX_HTTP_DOWNLOAD_SIZE:
        return
    blob = _blobs(repository) / metadata.etag
    if blob.exists():
        moved(blob.stat().st_size)
        return
    blob.parent.mkdir(parents=True, exist_ok=True)
    partial = blob.with_name(f"{blob.name}.incomplete")
    _resume(partial, url, size, build_hf_headers(token=repository.token), moved)
    partial.rename(blob)


def _resume(partial: Path, url: str, size: int, headers: dict[str, str], moved: Moved) -> None:
    if partial.exists() and partial.stat().st_size > size:
        partial.unlink()
    with partial.open("ab") as file:
        begun = file.tell()
        if begun == size:
            moved(begun)
            return
        http_get(
            url,
            file,
            resume_size=begun,
            # Parts of what is compressed on its way cannot be put together.
            headers={**headers, "Accept-Encoding": "identity"},
            expected_size=size,
            tqdm_class=silent_bars(lambda bar, count: moved(count)),
        )


def _blobs(repository: Repository) -> Path:
    return repository.cache / repo_folder_name(repo_id=repository.name, repo_type="model") / "blobs"
