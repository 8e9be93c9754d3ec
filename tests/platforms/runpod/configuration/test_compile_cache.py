from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.platforms import resolve
from dragoman.settings.resolution import ResolvedSetting

RUNPOD = {"RUNPOD_ENDPOINT_ID": "any", "MODEL_NAME": "org/name", "HOME": "/root"}


def cache_root(environment: Mapping[str, str]) -> ResolvedSetting:
    resolution = resolve(["--gpus", "1"], {**RUNPOD, **environment})
    return next(setting for setting in resolution.settings if setting.name == "vllm_cache_root")


def test_the_volume_keeps_it(tmp_path: Path) -> None:
    found = cache_root({"BASE_PATH": str(tmp_path)})
    assert found.value == str(tmp_path / "vllm-cache")
    assert found.source == f"worker default on RunPod: {tmp_path} outlives the worker"


@pytest.mark.parametrize(
    ("environment", "root"),
    [({"BASE_PATH": "/no/volume"}, "/root/.cache/vllm"), ({"VLLM_CACHE_ROOT": "/mine"}, "/mine")],
    ids=["no volume", "chosen"],
)
def test_elsewhere(environment: Mapping[str, str], root: str) -> None:
    assert cache_root(environment).value == root
