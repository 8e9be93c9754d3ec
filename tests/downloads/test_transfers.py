from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants

from dragoman.downloads.listing import HubFile, listed
from dragoman.downloads.repositories import Repository
from dragoman.downloads.transfers import cached, partial_size, transferred
from dragoman.errors import EngineStartError
from tests.hub import COMMIT, NAME, Hub

WEIGHTS = "model.safetensors"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(NAME, None, tmp_path / "cache", load_format="auto")


@pytest.fixture
def fetch(hub: Hub, repository: Repository) -> Callable[[str], tuple[Path, int]]:
    """Has a file come; returns where it is, and how many bytes that was."""

    def fetch(name: str) -> tuple[Path, int]:
        counts: list[int] = []
        return transferred(HfApi(), repository, COMMIT, file_of(repository, name), counts.append), sum(counts)

    return fetch


def file_of(repository: Repository, name: str) -> HubFile:
    return next(file for file in listed(HfApi(), repository).files if file.name == name)


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_a_file_comes_once(
    hub: Hub, repository: Repository, fetch: Callable[[str], tuple[Path, int]], name: str
) -> None:
    size = len(hub.files[name])
    path, moved = fetch(name)
    assert (path.read_bytes(), moved) == (hub.files[name], size)
    assert cached(repository, COMMIT, file_of(repository, name)) == path
    hub.asked.clear()
    assert fetch(name) == (path, size)
    assert [asked for asked in hub.asked if "/resolve/" in asked] == []


def test_what_is_there_of_a_file_does_not_come_again(
    hub: Hub, repository: Repository, fetch: Callable[[str], tuple[Path, int]]
) -> None:
    file = file_of(repository, WEIGHTS)
    assert file.checksum is not None
    partial = repository.cache / "models--org--mini" / "blobs" / f"{file.checksum.digest}.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(hub.files[WEIGHTS][:300_000])
    assert partial_size(repository, file) == 300_000
    path, moved = fetch(WEIGHTS)
    assert (path.read_bytes(), moved) == (hub.files[WEIGHTS], 500_000)
    assert hub.ranges == [f"{WEIGHTS} bytes=300000-"]
    assert not partial.exists()


@pytest.mark.parametrize("left", [b"spoilt" * 10, bytes(500_000), bytes(500_001)])
def test_what_was_left_and_is_wrong_comes_anew(
    hub: Hub, repository: Repository, fetch: Callable[[str], tuple[Path, int]], left: bytes
) -> None:
    file = file_of(repository, WEIGHTS)
    assert file.checksum is not None
    partial = repository.cache / "models--org--mini" / "blobs" / f"{file.checksum.digest}.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(left)
    path, moved = fetch(WEIGHTS)
    assert (path.read_bytes(), moved) == (hub.files[WEIGHTS], 500_000)


def test_a_connection_that_breaks_is_gone_on_with(
    hub: Hub, fetch: Callable[[str], tuple[Path, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 50_000)
    hub.breaks[WEIGHTS] = 200_000
    assert fetch(WEIGHTS)[0].read_bytes() == hub.files[WEIGHTS]
    assert hub.ranges == [f"{WEIGHTS} bytes=200000-"]


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_a_file_with_other_contents_comes_a_second_time(
    hub: Hub, fetch: Callable[[str], tuple[Path, int]], name: str
) -> None:
    hub.spoils[name] = 1
    path, moved = fetch(name)
    assert (path.read_bytes(), moved) == (hub.files[name], len(hub.files[name]))


def test_a_file_that_keeps_coming_with_other_contents_is_named(
    hub: Hub, repository: Repository, fetch: Callable[[str], tuple[Path, int]]
) -> None:
    hub.spoils[WEIGHTS] = 2
    with pytest.raises(EngineStartError, match=r"model.safetensors of org/mini has come 2 times with other contents"):
        fetch(WEIGHTS)
    assert cached(repository, COMMIT, file_of(repository, WEIGHTS)) is None


def test_a_file_that_was_spoilt_in_the_cache_comes_again(hub: Hub, fetch: Callable[[str], tuple[Path, int]]) -> None:
    path, _ = fetch(WEIGHTS)
    path.resolve().write_bytes(bytes(500_000))
    assert fetch(WEIGHTS)[0].read_bytes() == hub.files[WEIGHTS]


def test_a_hub_that_has_no_checksums_is_believed_by_its_tags(hub: Hub, repository: Repository) -> None:
    hub.spoils[WEIGHTS] = 1
    file = HubFile(WEIGHTS, 0, None)
    path = transferred(HfApi(), repository, COMMIT, file, lambda count: None)
    assert path.read_bytes() == hub.files[WEIGHTS]
