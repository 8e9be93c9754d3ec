from pathlib import Path

import pytest

from dragoman.platforms.datarobot.configuration import code_directory
from tests.platforms.datarobot.resolving import MODEL, on_datarobot, write_arguments
from tests.settings.resolutions import find


def test_the_variable(tmp_path: Path) -> None:
    code = find(on_datarobot(MODEL, code=tmp_path), "code_dir")
    assert (code.value, code.source) == (str(tmp_path), "variable CODE_DIR")


@pytest.mark.parametrize("name", ["command line", "variable DRAGOMAN_CODE_DIR"])
def test_what_is_stronger_than_the_variable(tmp_path: Path, name: str) -> None:
    for place in ("mine", "other"):
        (tmp_path / place).mkdir()
        write_arguments(tmp_path / place, "--revision", place)
    mine = str(tmp_path / "mine")
    arguments = ["--code-dir", mine] if name == "command line" else []
    environment = {} if arguments else {"DRAGOMAN_CODE_DIR": mine}
    resolution = on_datarobot({**MODEL, **environment}, *arguments, code=tmp_path / "other")
    assert resolution.value("revision") == "mine"
    assert (find(resolution, "code_dir").value, find(resolution, "code_dir").source) == (mine, name)


def test_that_of_the_drop_in_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_directory, "DEFAULT", tmp_path)
    write_arguments(tmp_path, "--revision", "a")
    resolution = on_datarobot(MODEL)
    assert resolution.value("revision") == "a"
    assert find(resolution, "code_dir").source == "worker default on DataRobot"


def test_no_directory_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_directory, "DEFAULT", tmp_path / "code")
    resolution = on_datarobot(MODEL)
    assert resolution.errors == ()
    assert resolution.value("code_dir") is None
