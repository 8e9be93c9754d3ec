"""Those files of a repository on the hub that vLLM will read."""

from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants
from huggingface_hub.hf_api import RepoSibling

from dragoman.downloads.checksums import Checksum, Kind
from dragoman.downloads.files import SHARDS
from dragoman.downloads.repositories import Repository, shards_in


@dataclass(frozen=True)
class HubFile:
    """A file on the hub.

    Args:
        name: its path in the repository.
        size: in bytes; 0 where the hub does not say.
        checksum: what its contents are; None where the hub does not say.
    """

    name: str
    size: int
    checksum: Checksum | None


@dataclass(frozen=True)
class Listing:
    """The files of one commit that vLLM will read."""

    commit: str | None
    files: tuple[HubFile, ...]


def listed(api: HfApi, repository: Repository) -> Listing:
    """Ask the hub what there is of a repository; the index of its weights comes into the cache.

    Raises:
        HfHubHTTPError: the hub refuses.
        Exception: it does not answer, as huggingface_hub's client says it.
    """
    # By itself huggingface_hub would wait for ever.
    patience = constants.HF_HUB_ETAG_TIMEOUT
    info = api.model_info(repository.name, revision=repository.revision, files_metadata=True, timeout=patience)
    files = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    wanted = repository.wanted([*files], _shards(api, repository, info.sha) if SHARDS in files else ())
    return Listing(info.sha, tuple(_file(files[name]) for name in wanted))


def _file(sibling: RepoSibling) -> HubFile:
    large = sibling.lfs
    checksum = Checksum(Kind.SHA256, large.sha256) if large else Checksum.of_tag(sibling.blob_id)
    return HubFile(sibling.rfilename, sibling.size or 0, checksum)


def _shards(api: HfApi, repository: Repository, commit: str | None) -> list[str]:
    if repository.load_format is None:
        return []
    index = api.hf_hub_download(repository.name, SHARDS, revision=commit, cache_dir=repository.cache)
    return shards_in(Path(index).parent)
