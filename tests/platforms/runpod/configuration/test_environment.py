from pathlib import Path

import pytest

from dragoman.platforms.runpod.configuration.environment import is_usable
from tests.settings.resolutions import on_runpod


def caches(environment: dict[str, str]) -> dict[str, str | None]:
    variables = on_runpod(environment).environment
    return {name: value for name, value in variables.items() if name.endswith(("CACHE", "HOME"))}


def test_everything_is_kept_on_the_volume(tmp_path: Path) -> None:
    hub = f"{tmp_path}/huggingface-cache/hub"
    assert caches({"BASE_PATH": str(tmp_path)}) == {
        "HF_HOME": hub,
        "HF_HUB_CACHE": hub,
        "HUGGINGFACE_HUB_CACHE": hub,
        "HF_DATASETS_CACHE": f"{tmp_path}/huggingface-cache/datasets",
    }


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"HF_HOME": "/x"}, set()),
        ({"HF_HUB_CACHE": "/x"}, {"HF_DATASETS_CACHE"}),
        ({"HUGGINGFACE_HUB_CACHE": "/x"}, {"HF_DATASETS_CACHE"}),
        ({"HF_DATASETS_CACHE": "/x"}, {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}),
        ({"HF_HOME": ""}, {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_DATASETS_CACHE"}),
    ],
)
def test_unless_the_user_says_where(tmp_path: Path, environment: dict[str, str], names: set[str]) -> None:
    assert caches({"BASE_PATH": str(tmp_path), **environment}).keys() == names


def test_a_volume_that_can_be_made(tmp_path: Path) -> None:
    assert is_usable(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()


def test_a_volume_that_cannot_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert not is_usable(file)
    assert not is_usable(file / "below")
    assert caches({"BASE_PATH": str(file)}) == {}


@pytest.mark.parametrize(("interval", "read"), [("500", "1000"), ("10000", "10000"), ("1500", "1500")])
def test_the_sdk_counts_in_seconds(interval: str, read: str) -> None:
    assert on_runpod({"RUNPOD_PING_INTERVAL": interval}).environment["RUNPOD_PING_INTERVAL"] == read


@pytest.mark.parametrize(("level", "read"), [("", "INFO"), ("debug", "DEBUG")])
def test_the_sdk_reads_a_level_that_it_knows(level: str, read: str) -> None:
    assert on_runpod({"RUNPOD_DEBUG_LEVEL": level}).environment["RUNPOD_LOG_LEVEL"] == read


def test_vllm_does_not_see_the_workers_own_variables() -> None:
    variables = on_runpod({"VLLM_EXTRA_ARGS": "--seed 1", "VLLM_PORT": "8000"}).environment
    assert variables["VLLM_EXTRA_ARGS"] is variables["VLLM_PORT"] is None
    assert "VLLM_BASE_URL" not in variables
