import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman.baking.command import run
from dragoman.baking.order import Order
from dragoman.platforms.runpod.configuration import baked
from tests.hub import COMMIT, NAME, Hub


@pytest.fixture
def options(tmp_path: Path) -> Mapping[str, Any]:
    return {"model": NAME, "base_path": str(tmp_path / "models")}


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_without_a_model_nothing_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run({}, {"MODEL_NAME": "", "BASE_PATH": str(tmp_path / "models")}, check=False) == 0
    assert told(capsys) == ["nothing to bake: MODEL_NAME is not set, and no model is named"]
    assert not (tmp_path / "models").exists()


def test_it_tells_where_the_model_is_and_how_it_is_served(
    hub: Hub, tmp_path: Path, arguments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = {"MODEL_NAME": NAME, "BASE_PATH": str(tmp_path / "models"), "HF_TOKEN": "hf_secret"}
    assert run({}, variables, check=False) == 0
    cache = tmp_path / "models" / "huggingface-cache" / "hub"
    directory = cache / "models--org--mini" / "snapshots" / COMMIT
    assert told(capsys) == [
        f"baked model {NAME}: 3 files, 550.0 kB, in {directory}",
        f"wrote {arguments}: on RunPod a worker in this image serves it as {NAME}",
        f"serve it with: HF_HUB_CACHE={cache} HF_HUB_OFFLINE=1 dragoman serve {NAME}",
    ]
    assert json.loads(arguments.read_text()) == {
        "MODEL_NAME": str(directory),
        "TOKENIZER_NAME": str(directory),
        "SERVED_MODEL_NAME": NAME,
    }
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if b"hf_secret" in path.read_bytes()]


def test_a_directory_is_served_by_its_place(
    model: Path, options: Mapping[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "config.json").write_text("{}")
    assert run({**options, "model": str(model)}, {}, check=False) == 0
    assert told(capsys)[-1].startswith(f"serve it with: dragoman serve {tmp_path / 'models' / 'models' / 'model-'}")


def test_a_bake_by_hand_leaves_runpods_file_alone(hub: Hub, options: Mapping[str, Any], arguments: Path) -> None:
    assert run(options, {"MODEL_NAME": "org/other"}, check=False) == 0
    assert not arguments.exists()


def test_a_file_that_only_root_may_write_is_no_error(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(baked, "ARGUMENTS", tmp_path / "nowhere" / "args.json")
    assert run({}, {"MODEL_NAME": NAME, "BASE_PATH": str(tmp_path / "models")}, check=False) == 0
    assert told(capsys)[1] == (
        f"{tmp_path / 'nowhere' / 'args.json'} cannot be written (No such file or directory): "
        "on RunPod, keep MODEL_NAME and BASE_PATH"
    )


def test_ctrl_c(
    options: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(order: Order, console: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dragoman.baking.bake.bake", interrupt)
    assert run(options, {}, check=False) == 130
    assert "interrupted: what has come is kept" in capsys.readouterr().err
