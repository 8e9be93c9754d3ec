from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.hub import Hub, serving


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A directory with what makes a model, and with what is not needed of it."""
    directory = tmp_path / "model"
    directory.mkdir()
    for name, size in {"config.json": 10, "tokenizer.json": 50_000, "model.safetensors": 500_000}.items():
        (directory / name).write_bytes(bytes(range(250)) * (size // 250) + bytes(size % 250))
    (directory / "pytorch_model.bin").write_bytes(b"the same again")
    return directory


@pytest.fixture
def hub(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that has the model, where huggingface_hub looks."""
    hub = Hub(model)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving(hub) as url:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template.replace("https://huggingface.co", url))
        yield hub
