import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from dragoman.downloads.repositories import Repository
from dragoman.errors import ConfigurationError
from dragoman.planning.headers import Tensor
from dragoman.planning.hub import on_hub
from tests.hub import NAME, Hub, serving
from tests.planning.configs import LLAMA_3_8B
from tests.planning.models import write_model, write_weights

TENSOR = Tensor("w", "BF16", (1000, 1000))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model", LLAMA_3_8B, [TENSOR])


@pytest.fixture
def hub(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub(model)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving(hub) as url:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template.replace("https://huggingface.co", url))
        yield hub


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(NAME, None, tmp_path / "cache", load_format="auto")


def test_only_headers_of_weights_are_read(hub: Hub, repository: Repository) -> None:
    found = on_hub(repository)
    assert found.config == LLAMA_3_8B
    assert found.tensors == (TENSOR,)
    assert hub.ranges == ["model.safetensors bytes=0-100000"]
    assert found.files == len(hub.files["model.safetensors"])
    assert found.to_download == found.files + len(hub.files["config.json"])


def test_each_shard_has_a_header(model: Path, hub: Hub, repository: Repository) -> None:
    del hub.files["model.safetensors"]
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    hub.files["model.safetensors.index.json"] = json.dumps(index).encode()
    for name in ("one", "two", "another"):
        write_weights(model / "shard", [Tensor(name, "F16", (10,))])
        hub.files[f"{name}.safetensors"] = (model / "shard").read_bytes()
    assert {tensor.name for tensor in on_hub(repository).tensors} == {"one", "two"}


def test_the_token_is_shown(hub: Hub, repository: Repository) -> None:
    hub.token = "hf_secret"
    shown = Repository(repository.name, None, repository.cache, token="hf_secret", load_format="auto")
    assert on_hub(shown).tensors == (TENSOR,)


def test_a_model_that_is_gated(hub: Hub, repository: Repository) -> None:
    hub.token, hub.gated = "hf_secret", True
    with pytest.raises(ConfigurationError, match=r"gated: ask for access .* HF_TOKEN"):
        on_hub(repository)


def test_a_model_that_nobody_knows(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"org/other is neither a directory here nor a model"):
        on_hub(Repository("org/other", None, tmp_path, load_format="auto"))


def test_a_revision_that_is_not_there(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no revision v9"):
        on_hub(Repository(NAME, "v9", tmp_path, load_format="auto"))


def test_a_repository_without_a_configuration(hub: Hub, repository: Repository) -> None:
    del hub.files["config.json"]
    with pytest.raises(ConfigurationError, match=r"has no config\.json"):
        on_hub(repository)


def test_a_file_that_is_none_of_safetensors(hub: Hub, repository: Repository) -> None:
    hub.files["model.safetensors"] = b"\xff" * 1000
    with pytest.raises(ConfigurationError, match="not one of safetensors"):
        on_hub(repository)


def test_no_hub_may_be_asked(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigurationError, match="HF_HUB_OFFLINE"):
        on_hub(repository)


def test_no_network(hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="does not answer"):
        on_hub(repository)
