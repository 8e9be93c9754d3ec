import importlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.platforms.datarobot.hooks.surroundings import open_log, surroundings
from tests.platforms.datarobot.modules import as_they_were


@pytest.fixture(autouse=True)
def _modules() -> Iterator[None]:
    with as_they_were():
        yield


def test_modules_beside_custom_py_come_first_then_last(tmp_path: Path) -> None:
    nested, root = tmp_path / "nested", tmp_path
    with surroundings(nested, root):
        assert sys.path[:2] == [str(nested), str(root)]
    assert sys.path[-2:] == [str(nested), str(root)]
    assert sys.path.count(str(root)) == 1


def test_one_directory_is_there_once(tmp_path: Path) -> None:
    with surroundings(tmp_path, tmp_path):
        assert sys.path.count(str(tmp_path)) == 1
    assert sys.path.count(str(tmp_path)) == 1


def test_what_custom_py_adds_stays_where_it_is(tmp_path: Path) -> None:
    with surroundings(tmp_path):
        sys.path.insert(0, "/libraries")
    assert (sys.path[0], sys.path[-1]) == ("/libraries", str(tmp_path))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("datarobot_drum", "RuntimeParameters"),
        ("datarobot_drum", "CustomHTTPError"),
        ("datarobot_drum.runtime_parameters", "RuntimeParameters"),
        ("datarobot_drum.runtime_parameters.runtime_parameters", "RuntimeParameters"),
        ("datarobot_drum.runtime_parameters.exceptions", "InvalidJsonException"),
        ("datarobot_drum.drum.exceptions", "CustomHTTPError"),
        ("datarobot_drum.drum.exceptions", "DrumCommonException"),
        ("datarobot_drum.drum.enum", "LOGGER_NAME_PREFIX"),
    ],
)
def test_the_shim_has_what_custom_py_files_import(tmp_path: Path, module: str, name: str) -> None:
    with surroundings(tmp_path):
        assert getattr(importlib.import_module(module), name)


def test_drum_comes_before_the_shim_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "installed" / "datarobot_drum"
    installed.mkdir(parents=True)
    (installed / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(installed.parent))
    with surroundings(tmp_path):
        assert importlib.import_module("datarobot_drum").__file__ == str(installed / "__init__.py")


@pytest.mark.parametrize("name", ["custom", "drum"])
def test_what_hooks_tell_their_loggers_is_shown(name: str, caplog: pytest.LogCaptureFixture) -> None:
    open_log()
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger(name).info("downloading")
    assert "downloading" in caplog.text
