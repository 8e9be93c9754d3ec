from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.baking.manifest import Baked
from dragoman.baking.order import ordered
from dragoman.baking.outcome import told

OFFLINE = "HF_HUB_CACHE=/models/huggingface-cache/hub HF_HUB_OFFLINE=1"
ADAPTER = '{"name": "a", "path": "/models/org/a"}'
DRAFT = '{"method": "eagle", "model": "/models/org/d"}'


def baked(name: str, revision: str | None = None, commit: str | None = "0123") -> Baked:
    return Baked(name, revision, commit, Path("/models") / name, {})


@pytest.mark.parametrize(
    ("variables", "others", "command"),
    [
        ({}, {}, f"{OFFLINE} dragoman serve org/m"),
        ({"QUANTIZATION": "awq"}, {}, f"{OFFLINE} dragoman serve org/m --quantization awq"),
        (
            {"TOKENIZER_NAME": "org/t"},
            {"tokenizer": "org/t"},
            f"{OFFLINE} dragoman serve org/m --tokenizer /models/org/t",
        ),
        (
            {"LORA_MODULES": "a=org/a"},
            {"adapter a": "org/a"},
            f"{OFFLINE} dragoman serve org/m --lora-modules '{ADAPTER}' --enable-lora",
        ),
        (
            {"SPECULATIVE_CONFIG": '{"method": "eagle", "model": "org/d"}'},
            {"draft model": "org/d"},
            f"{OFFLINE} dragoman serve org/m --speculative-config '{DRAFT}'",
        ),
    ],
)
def test_how_it_is_served_elsewhere(variables: Mapping[str, str], others: Mapping[str, str], command: str) -> None:
    order = ordered({"model": "org/m", "base_path": "/models"}, variables)
    parts = {"model": baked("org/m"), **{role: baked(name) for role, name in others.items()}}
    assert [*told(order, parts)][-1] == f"serve it with: {command}"


def test_a_revision_is_named() -> None:
    order = ordered({"model": "org/m", "base_path": "/models", "revision": "v1"}, {})
    assert [*told(order, {"model": baked("org/m", "v1")})][-1].endswith("dragoman serve org/m --revision v1")


def test_what_is_not_from_the_hub_is_served_by_its_directory() -> None:
    order = ordered({"model": "s3://bucket/my model", "base_path": "/models", "revision": "v1"}, {})
    parts = {"model": Baked("s3://bucket/my model", None, None, Path("/models/my model"), {})}
    assert [*told(order, parts)][-1] == "serve it with: dragoman serve '/models/my model'"
