from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants

from dragoman.baking.hub import HubDelivery
from dragoman.baking.manifest import Baked
from dragoman.downloads.repositories import Repository
from dragoman.errors import ConfigurationError, EngineStartError
from dragoman.settings.hub_cache import snapshot
from tests.hub import COMMIT, NAME, Hub


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(NAME, None, tmp_path / "cache", load_format="auto")


def bring(repository: Repository) -> Baked:
    return HubDelivery(repository).bring(lambda name, size: lambda count: None)


def test_a_model_of_the_hub(hub: Hub, repository: Repository) -> None:
    delivery = HubDelivery(repository)
    assert (sum(delivery.sizes), delivery.missing) == (550_010, 550_010)
    baked = delivery.bring(lambda name, size: lambda count: None)
    assert (baked.name, baked.revision, baked.commit) == (NAME, None, COMMIT)
    assert baked.files.keys() == {"config.json", "tokenizer.json", "model.safetensors"}
    assert all((baked.directory / name).read_bytes() == hub.files[name] for name in baked.files)
    assert all(file.checksum.fits(baked.directory / name) for name, file in baked.files.items())
    assert snapshot(repository.cache, NAME, None) == snapshot(repository.cache, NAME, "main") == baked.directory
    assert repository.local() == baked.directory


def test_what_is_there_needs_no_room(hub: Hub, repository: Repository) -> None:
    bring(repository)
    assert HubDelivery(repository).missing == 0


def test_files_in_folders(hub: Hub, repository: Repository) -> None:
    hub.files["a/b/code.py"] = b"pass"
    baked = bring(repository)
    assert (baked.directory / "a" / "b" / "code.py").read_bytes() == b"pass"


def test_a_commit_needs_no_branch(hub: Hub, tmp_path: Path) -> None:
    baked = bring(Repository(NAME, COMMIT, tmp_path, load_format="auto"))
    assert not (baked.directory.parents[1] / "refs").exists()


def test_meters_are_told_of_every_file(hub: Hub, repository: Repository) -> None:
    counts: dict[str, int] = {}

    def meter(name: str, size: int) -> Callable[[int], None]:
        counts[name] = -size
        return lambda count: counts.update({name: counts[name] + count})

    HubDelivery(repository).bring(meter)
    assert counts == dict.fromkeys(("config.json", "tokenizer.json", "model.safetensors"), 0)


def test_the_secret_opens_a_gated_model(hub: Hub, tmp_path: Path) -> None:
    hub.token, hub.gated = "hf_secret", True
    assert bring(Repository(NAME, None, tmp_path, token="hf_secret", load_format="auto"))


@pytest.mark.parametrize(
    ("name", "revision", "told"),
    [
        (NAME, None, "org/mini is gated: ask for access at"),
        ("org/other", None, "org/other is neither a directory here nor a model on"),
        (NAME, "v9", "org/mini has no revision v9"),
    ],
)
def test_what_the_hub_does_not_give(hub: Hub, tmp_path: Path, name: str, revision: str | None, told: str) -> None:
    hub.gated, hub.token = revision is None, None if revision else "hf_secret"
    with pytest.raises(EngineStartError, match=told):
        HubDelivery(Repository(name, revision, tmp_path, load_format="auto"))


def test_a_model_without_weights_is_none(hub: Hub, repository: Repository) -> None:
    del hub.files["model.safetensors"], hub.files["pytorch_model.bin"]
    with pytest.raises(EngineStartError, match="org/mini has no weights that vLLM would load with load_format auto"):
        HubDelivery(repository)


def test_a_hub_that_is_not_there(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://me:secret@127.0.0.1:9")
    with pytest.raises(EngineStartError) as refusal:
        HubDelivery(repository)
    assert str(refusal.value).startswith("http://***@127.0.0.1:9 does not give org/mini (ConnectError: ")
    assert str(refusal.value).endswith("and run it again: what has come is kept")


def test_offline_the_hub_is_not_asked(hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigurationError, match="HF_HUB_OFFLINE is set, and org/mini is not here: unset it"):
        HubDelivery(repository)
    assert hub.asked == []


def test_files_with_the_same_contents(hub: Hub, repository: Repository) -> None:
    hub.files |= {f"{number}.py": b"pass" for number in range(50)} | {"a/__init__.py": b"", "__init__.py": b""}
    baked = bring(repository)
    assert all((baked.directory / name).read_bytes() == hub.files[name] for name in baked.files)
    assert len(baked.files) == 55


@pytest.mark.parametrize("others", [0, 50])
def test_a_file_that_does_not_come_is_named(hub: Hub, repository: Repository, others: int) -> None:
    hub.files |= {f"{number}.py": b"%d" % number for number in range(others)}
    hub.spoils["tokenizer.json"] = 2
    with pytest.raises(EngineStartError, match=r"tokenizer.json of org/mini has come 2 times with other contents"):
        bring(repository)


@pytest.mark.parametrize(
    ("reason", "kind", "told"),
    [
        (OSError(28, "No space left on device"), EngineStartError, "does not fit into .*; name another directory with"),
        (
            PermissionError(13, "Permission denied", "/x"),
            ConfigurationError,
            "/x cannot be written: Permission denied; name another directory with --to",
        ),
    ],
)
def test_what_cannot_be_kept(
    hub: Hub,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    reason: OSError,
    kind: type[Exception],
    told: str,
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise reason

    delivery = HubDelivery(repository)
    monkeypatch.setattr("dragoman.downloads.transfers.http_get", refuse)
    with pytest.raises(kind, match=told):
        delivery.bring(lambda name, size: lambda count: None)
