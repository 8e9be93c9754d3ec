import errno
import logging
import os
from pathlib import Path

import platformdirs
import pytest

from dragoman.machine import Memory
from dragoman.platforms import resolve
from dragoman.process.boots import Boots, cache_directory
from dragoman.process.timeline import Boot, BootPhase
from tests.settings.tuning.machines import describe

IMPORTED = Boot(9.4, (BootPhase("importing", 0.4, 8.0),))
FORKED = Boot(2.9, (BootPhase("configuring", 0.0, 1.0),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "boots.json"


def test_the_first_start_has_none_before_it(path: Path) -> None:
    assert Boots(path).last(IMPORTED) is None


def test_a_start_is_found_again_by_one_that_does_the_same(path: Path) -> None:
    boots = Boots(path)
    boots.keep(IMPORTED)
    boots.keep(FORKED)
    later = Boots(path)
    assert (later.last(IMPORTED), later.last(FORKED)) == (IMPORTED, FORKED)


def test_nothing_is_left_beside_the_file(path: Path) -> None:
    Boots(path).keep(IMPORTED)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"imported": 1}', '{"imported": {"phases": [{}], "seconds": 1}}'])
def test_a_broken_file_is_told_once_and_written_anew(path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_text(text)
    boots = Boots(path)
    assert boots.last(IMPORTED) is None
    assert len(caplog.records) == 1
    boots.keep(IMPORTED)
    assert Boots(path).last(IMPORTED) == IMPORTED


def test_a_full_disk_keeps_what_was_there_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Boots(path).keep(IMPORTED)

    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    Boots(path).keep(FORKED)
    assert list(path.parent.iterdir()) == [path]
    assert Boots(path).last(FORKED) is None


def test_a_place_that_takes_nothing_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    boots = Boots(tmp_path / "file" / "boots.json")
    caplog.clear()
    boots.keep(IMPORTED)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_starts_of_different_configurations_are_apart(tmp_path: Path) -> None:
    environment = {"VLLM_CACHE_ROOT": str(tmp_path / "vllm")}
    for arguments in (["--seed", "1"], ["--seed", "2"], ["--seed", "2"]):
        Boots.of(resolve(["--gpus", "0", *arguments], environment), environment).keep(IMPORTED)
    assert len(list((tmp_path / "vllm" / "dragoman" / "boots").iterdir())) == 2


def test_how_much_memory_is_left_is_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"VLLM_CACHE_ROOT": str(tmp_path)}
    for mib in (1_900, 2_000):
        describe(monkeypatch, memory=Memory(2**32, mib * 2**20, limited=False))
        Boots.of(resolve(["--gpus", "0"], environment), environment).keep(IMPORTED)
    assert len(list((tmp_path / "dragoman" / "boots").iterdir())) == 1


def test_the_cache_is_in_vllms() -> None:
    assert cache_directory({"VLLM_CACHE_ROOT": "/volume"}) == Path("/volume/dragoman")
    assert cache_directory({}) == platformdirs.user_cache_path("dragoman")


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(name: str) -> Path:
        raise RuntimeError

    monkeypatch.setattr(platformdirs, "user_cache_path", homeless)
    assert cache_directory({}).name.startswith("dragoman-cache-")
