import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import METADATA, MODEL, on_datarobot, write


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Take away the right to read, which the superuser keeps whatever the mode says."""

    def forbidding(path: Path) -> None:
        def guard(owner: object, name: str) -> None:
            whole = getattr(owner, name)

            def guarded(asked: object, *more: object, **named: object) -> object:
                if str(asked) == str(path):
                    raise PermissionError(13, "Permission denied", str(path))
                return whole(asked, *more, **named)

            monkeypatch.setattr(owner, name, guarded)

        for owner, name in ((os, "listdir"), (os, "scandir"), (Path, "read_bytes")):
            guard(owner, name)

    return forbidding


def test_a_model_directory(tmp_path: Path, forbid: Callable[[Path], None]) -> None:
    (tmp_path / "vllm").mkdir()
    forbid(tmp_path / "vllm")
    errors = on_datarobot({}, code=tmp_path).errors
    assert f"{tmp_path}/vllm cannot be read: Permission denied" in errors
    assert not any("there is no model" in error for error in errors)


def test_the_configuration_of_a_model(tmp_path: Path, forbid: Callable[[Path], None]) -> None:
    (tmp_path / "vllm").mkdir()
    write(tmp_path / "vllm", config_json="{}")
    forbid(tmp_path / "vllm" / "config.json")
    (error,) = on_datarobot({}, code=tmp_path).errors
    assert error.startswith(f"{tmp_path}/vllm has a config.json that cannot be read: Permission denied")


def test_a_place_in_which_custom_py_may_be(tmp_path: Path, forbid: Callable[[Path], None]) -> None:
    (tmp_path / "src").mkdir()
    forbid(tmp_path / "src")
    assert on_datarobot(MODEL, code=tmp_path).errors == (f"{tmp_path}/src: Permission denied",)


@pytest.mark.parametrize("name", ["engine_config.json", "model-metadata.yaml", "custom.py"])
def test_a_link_that_leads_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("gone")
    (error,) = on_datarobot(MODEL, code=tmp_path).errors
    assert error == f"{tmp_path}/{name}: it is a link to gone, which is not there"


def test_a_link_that_leads_somewhere(tmp_path: Path) -> None:
    write(tmp_path, other_yaml=METADATA)
    (tmp_path / "model-metadata.yaml").symlink_to("other.yaml")
    assert on_datarobot(MODEL, code=tmp_path).errors == ()
