import json
import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from dragoman.baking import manifest
from dragoman.baking.bake import bake
from dragoman.baking.check import problems
from dragoman.baking.order import ordered
from dragoman.errors import ConfigurationError, EngineStartError
from tests.hub import NAME, Hub

ADAPTER = {"adapter_config.json": b"{}", "adapter_model.safetensors": b"0123", "checkpoint-9/x.safetensors": b"9"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO())


def test_a_model_with_all_that_belongs_to_it(hub: Hub, root: Path, console: Console) -> None:
    hub.others = {
        "org/a": ADAPTER,
        "org/d": {"config.json": b"{}", "model.safetensors": b"draft"},
        "org/t": {"tokenizer.json": b"{}", "model.safetensors": b"not a tokenizer's"},
    }
    variables = {
        "TOKENIZER_NAME": "org/t",
        "LORA_MODULES": "a=org/a",
        "SPECULATIVE_CONFIG": '{"method": "eagle", "model": "org/d"}',
    }
    baked = bake(ordered({"model": NAME, "base_path": str(root)}, variables), console)
    assert {role: sorted(one.files) for role, one in baked.items()} == {
        "model": ["config.json", "model.safetensors", "tokenizer.json"],
        "tokenizer": ["tokenizer.json"],
        "adapter a": ["adapter_config.json", "adapter_model.safetensors"],
        "draft model": ["config.json", "model.safetensors"],
    }
    assert [one.name for one in manifest.read(root)] == ["org/a", "org/d", "org/mini", "org/t"]
    assert list(problems(manifest.read(root))) == []


def test_code_in_another_repository_comes_too(hub: Hub, root: Path, console: Console) -> None:
    hub.files["config.json"] = json.dumps({"auto_map": {"AutoModel": "org/code--modeling.M"}}).encode()
    hub.others = {"org/code": {"modeling.py": b"pass", "model.safetensors": b"0"}}
    bake(ordered({"model": NAME, "base_path": str(root)}, {}), console)
    (code, _) = manifest.read(root)
    assert (code.name, [*code.files]) == ("org/code", ["modeling.py"])


def test_every_user_may_read_it(hub: Hub, root: Path, console: Console) -> None:
    before = os.umask(0o077)
    try:
        (baked,) = bake(ordered({"model": NAME, "base_path": str(root)}, {}), console).values()
    finally:
        os.umask(before)
    paths = [baked.directory / name for name in baked.files]
    for path in (*paths, root / manifest.NAME, *(path.resolve() for path in paths)):
        assert path.stat().st_mode & 0o444 == 0o444
        ways = (parent for parent in path.parents if parent.is_relative_to(root))
        assert all(way.stat().st_mode & 0o555 == 0o555 for way in ways)


def test_what_is_not_baked_keeps_its_mode(model: Path, tmp_path: Path, console: Console) -> None:
    (tmp_path / "notes").touch()
    (model / "config.json").write_text("{}")
    paths = [tmp_path, tmp_path / "notes", model, *model.iterdir()]
    for path in paths:
        path.chmod(0o700)
    bake(ordered({"model": str(model), "base_path": str(tmp_path)}, {}), console)
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o700}


def test_a_second_bake_brings_nothing(hub: Hub, root: Path, console: Console) -> None:
    order = ordered({"model": NAME, "base_path": str(root)}, {})
    first = bake(order, console)
    hub.asked.clear()
    assert bake(order, console) == first
    assert [asked for asked in hub.asked if "/resolve/" in asked] == []


def test_nothing_comes_where_there_is_no_room_for_all(
    hub: Hub, root: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.others = {"org/a": ADAPTER}
    monkeypatch.setattr("dragoman.baking.room.shutil.disk_usage", lambda path: type("Usage", (), {"free": 550_012}))
    with pytest.raises(EngineStartError, match=r"550.0 kB are to come into .* and 550.0 kB are free"):
        bake(ordered({"model": NAME, "base_path": str(root), "lora_modules": ["a=org/a"]}, {}), console)
    assert not [asked for asked in hub.asked if asked.endswith("model.safetensors")]
    assert manifest.read(root) == []


def test_what_does_not_come_is_not_written_down(hub: Hub, root: Path, console: Console) -> None:
    hub.spoils["model.safetensors"] = 2
    with pytest.raises(EngineStartError):
        bake(ordered({"model": NAME, "base_path": str(root)}, {}), console)
    assert manifest.read(root) == []


def test_a_directory_that_cannot_be_made(tmp_path: Path, console: Console) -> None:
    (tmp_path / "file").touch()
    order = ordered({"model": NAME, "base_path": str(tmp_path / "file" / "models")}, {})
    with pytest.raises(ConfigurationError, match="models cannot be written: Not a directory; name another directory"):
        bake(order, console)


def test_nothing_comes_where_there_is_another_manifest(hub: Hub, root: Path, console: Console) -> None:
    root.mkdir()
    (root / manifest.NAME).write_text("[]")
    with pytest.raises(ConfigurationError, match=r"dragoman-bake.json: it is not what bake writes; remove it, or name"):
        bake(ordered({"model": NAME, "base_path": str(root)}, {}), console)
    assert hub.asked == []
