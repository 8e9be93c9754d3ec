from pathlib import Path

import pytest

from dragoman.downloads.models import fetched
from tests.hub import NAME, Hub

FILES = ["config.json", "tokenizer.json", "model.safetensors"]


def test_a_model_of_the_hub_is_downloaded_once(hub: Hub, tmp_path: Path) -> None:
    environment = {"HF_HUB_CACHE": str(tmp_path / "cache")}
    first = list(fetched(["--model", NAME], environment, print))
    assert [path.name for path in first] == FILES
    hub.asked.clear()
    assert list(fetched(["--model", NAME], environment, print)) == first
    assert hub.asked == []


def test_a_model_that_is_here_is_its_files(hub: Hub, model: Path) -> None:
    assert [path.name for path in fetched(["--model", str(model)], {}, print)] == FILES
    assert hub.asked == []


@pytest.mark.parametrize(
    ("engine_args", "variables"),
    [
        (["--model", NAME], {"VLLM_USE_MODELSCOPE": "True"}),
        (["--model", "s3://bucket/model"], {}),
        (["--model", "/missing"], {}),
        ([], {}),
    ],
)
def test_what_is_not_on_the_hub_is_left_to_vllm(
    hub: Hub, tmp_path: Path, engine_args: list[str], variables: dict[str, str]
) -> None:
    assert list(fetched(engine_args, {"HF_HUB_CACHE": str(tmp_path / "cache"), **variables}, print)) == []
    assert hub.asked == []
