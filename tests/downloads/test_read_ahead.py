from pathlib import Path

import pytest

from dragoman.downloads.read_ahead import CHUNK, budget, forget, read_ahead
from dragoman.machine import memory


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(bytes(1000))
    return paths


@pytest.mark.parametrize(("budget", "read"), [(10_000, 3000), (1500, 1500), (0, 0)])
def test_files_are_read_as_far_as_the_budget_goes(files: list[Path], budget: int, read: int) -> None:
    assert read_ahead(files, budget) == read


def test_a_file_of_many_chunks(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(2 * CHUNK + 1))
    assert read_ahead([tmp_path / "large"], 10 * CHUNK) == 2 * CHUNK + 1


def test_what_cannot_be_read_is_left_out(files: list[Path], tmp_path: Path) -> None:
    assert read_ahead([tmp_path / "missing", tmp_path, *files], 10_000) == 3000


def test_the_budget_leaves_memory_for_the_weights_themselves() -> None:
    assert 0 < budget() < memory().available


def test_forgotten_files_are_as_they_were(files: list[Path]) -> None:
    forget(files)
    assert [path.read_bytes() for path in files] == [bytes(1000)] * 3


def test_what_is_not_there_cannot_be_forgotten(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        forget([tmp_path / "missing"])
