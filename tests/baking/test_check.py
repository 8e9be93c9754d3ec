from pathlib import Path

import pytest

from dragoman.baking.check import problems
from dragoman.baking.manifest import Baked, BakedFile
from dragoman.downloads.checksums import Checksum


@pytest.fixture
def baked(tmp_path: Path) -> Baked:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_text(name)
    files = {path.name: BakedFile(path.stat().st_size, Checksum.of(path)) for path in sorted(tmp_path.iterdir())}
    return Baked("org/m", None, None, tmp_path, files)


def test_what_is_there_unchanged(baked: Baked) -> None:
    assert list(problems([baked])) == []


def test_what_is_missing(baked: Baked) -> None:
    (baked.directory / "config.json").unlink()
    assert list(problems([baked])) == [f"{baked.directory / 'config.json'} is not there"]


def test_a_link_that_leads_nowhere_is_missing(baked: Baked) -> None:
    (baked.directory / "config.json").unlink()
    (baked.directory / "config.json").symlink_to("nowhere")
    assert list(problems([baked])) == [f"{baked.directory / 'config.json'} is not there"]


def test_what_is_shorter(baked: Baked) -> None:
    (baked.directory / "config.json").write_text("conf")
    assert list(problems([baked])) == [f"{baked.directory / 'config.json'} has 4 bytes instead of 11"]


def test_what_is_another(baked: Baked) -> None:
    (baked.directory / "model.safetensors").write_text("model.safetensorz")
    (problem,) = problems([baked])
    assert problem.startswith(
        f"{baked.directory / 'model.safetensors'} has other contents: its checksum is not sha256:"
    )


def test_what_cannot_be_read(baked: Baked) -> None:
    (baked.directory / "config.json").unlink()
    (baked.directory / "config.json").symlink_to("config.json")
    assert list(problems([baked])) == [
        f"{baked.directory / 'config.json'} cannot be read: Too many levels of symbolic links"
    ]
