import errno
import os
import socket
from pathlib import Path

import pytest
from huggingface_hub import constants

from dragoman.downloads.hub import downloaded
from dragoman.downloads.repositories import Repository
from dragoman.errors import EngineStartError
from tests.hub import COMMIT, NAME, Hub

WANTED = {"config.json", "tokenizer.json", "model.safetensors"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(NAME, None, tmp_path / "cache", load_format="auto")


def test_what_vllm_will_read_is_downloaded_and_found_again(hub: Hub, repository: Repository) -> None:
    told: list[str] = []
    directory = downloaded(repository, told.append)
    assert directory is not None
    assert {path.name for path in directory.iterdir()} == WANTED
    assert (directory / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert repository.local() == directory
    assert (told[0], told[-1]) == (
        f"downloading {NAME}: 0.0 of 550.0 kB (0 %)",
        f"downloading {NAME}: 550.0 of 550.0 kB (100 %)",
    )


def test_a_download_that_was_cut_short_goes_on(
    hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 50_000)
    blobs = repository.cache / "models--org--mini" / "blobs"
    hub.breaks["model.safetensors"] = 200_000
    assert downloaded(repository, print) is not None
    assert hub.ranges == ["model.safetensors bytes=200000-"]
    assert not list(blobs.glob("*.incomplete"))


def test_what_is_there_already_is_not_downloaded_again(hub: Hub, repository: Repository) -> None:
    directory = downloaded(repository, print)
    assert directory is not None
    (directory / "tokenizer.json").resolve().unlink()
    (directory / "tokenizer.json").unlink()
    hub.asked.clear()
    told: list[str] = []
    downloaded(repository, told.append)
    assert [asked for asked in hub.asked if "/resolve/" in asked and asked.startswith("GET")] == [
        f"GET /{NAME}/resolve/{COMMIT}/tokenizer.json"
    ]
    assert told[0].endswith("500.0 of 550.0 kB (90 %)")


def test_the_token_of_the_settings_is_shown(hub: Hub, repository: Repository, tmp_path: Path) -> None:
    hub.token = "hf_secret"
    mine = Repository(NAME, None, tmp_path / "cache", token="hf_secret", load_format="auto")
    assert downloaded(mine, print) is not None


def test_a_repository_without_weights_is_its_configuration(hub: Hub, tmp_path: Path) -> None:
    directory = downloaded(Repository(NAME, None, tmp_path / "cache"), print)
    assert directory is not None
    assert {path.name for path in directory.iterdir()} == WANTED - {"model.safetensors"}


@pytest.mark.parametrize(
    ("gated", "message"), [(True, "org/mini is gated: ask for access at"), (False, "check the name, and set HF_TOKEN")]
)
def test_a_model_that_may_not_be_had_ends_the_start(
    hub: Hub, repository: Repository, gated: bool, message: str
) -> None:
    hub.token, hub.gated = "hf_secret", gated
    with pytest.raises(EngineStartError, match=message):
        downloaded(repository, print)


@pytest.mark.parametrize(
    ("name", "revision", "message"),
    [("org/other", None, "neither a directory here nor a model on"), (NAME, "v9", "org/mini has no revision v9")],
)
def test_a_model_that_is_not_there_ends_the_start(
    hub: Hub, tmp_path: Path, name: str, revision: str | None, message: str
) -> None:
    with pytest.raises(EngineStartError, match=message):
        downloaded(Repository(name, revision, tmp_path / "cache", load_format="auto"), print)


def test_a_hub_that_does_not_answer_leaves_it_to_vllm(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert downloaded(repository, print) is None
    assert "org/mini is left to vLLM to download" in caplog.text


def test_a_hub_that_stands_still_leaves_it_to_vllm(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert downloaded(repository, print) is None
    assert "org/mini is left to vLLM to download: ReadTimeout" in caplog.text


def test_a_login_in_the_hubs_address_is_not_shown(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", constants.ENDPOINT.replace("://", "://me:secret@"))
    with pytest.raises(EngineStartError, match=r"nor a model on http://\*\*\*@127") as refusal:
        downloaded(Repository("org/other", None, tmp_path), print)
    assert "secret" not in str(refusal.value)


def test_offline_nobody_is_asked(hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert downloaded(repository, print) is None
    assert hub.asked == []


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_ends_the_start(
    hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr("huggingface_hub.HfApi.snapshot_download", full)
    with pytest.raises(EngineStartError, match=r"org/mini does not fit into .*; HF_HUB_CACHE names another directory"):
        downloaded(repository, print)
