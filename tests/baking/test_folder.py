from pathlib import Path

import pytest

from dragoman.baking.check import problems
from dragoman.baking.folder import FolderDelivery
from dragoman.baking.manifest import OWN, Baked
from dragoman.downloads.repositories import Repository
from dragoman.errors import EngineStartError

READ = {"config.json", "tokenizer.json", "model.safetensors"}


def bring(model: Path, root: Path) -> Baked:
    delivery = FolderDelivery(Repository(str(model), None, root, load_format="auto"), root)
    return delivery.bring(lambda name, size: lambda count: None)


def test_what_vllm_reads_is_copied(model: Path, tmp_path: Path) -> None:
    baked = bring(model, tmp_path / "root")
    assert baked.directory.parent == tmp_path / "root" / "models"
    assert baked.directory.name.startswith("model-")
    assert baked.name == str(model)
    assert {path.name for path in baked.directory.iterdir()} == baked.files.keys() == READ
    assert list(problems([baked])) == []


def test_directories_of_the_same_name_have_places_of_their_own(model: Path, tmp_path: Path) -> None:
    first = bring(model, tmp_path / "root")
    (tmp_path / "elsewhere").mkdir()
    second = bring(model.rename(tmp_path / "elsewhere" / "model"), tmp_path / "root")
    assert first.directory != second.directory
    assert list(problems([first, second])) == []


def test_a_model_that_is_in_the_right_place_stays(model: Path, tmp_path: Path) -> None:
    baked = bring(model, tmp_path)
    assert baked.directory == model
    assert baked.files.keys() == READ
    assert (model / "pytorch_model.bin").exists()


@pytest.mark.parametrize("name", sorted(OWN))
def test_what_a_bake_keeps_beside_a_model_is_none_of_it(model: Path, name: str) -> None:
    (model / name).write_text("{}")
    assert bring(model, model).files.keys() == READ


def test_a_copy_that_is_there_stays(model: Path, tmp_path: Path) -> None:
    first = bring(model, tmp_path / "root")
    written = (first.directory / "config.json").stat().st_mtime_ns
    assert bring(model, tmp_path / "root") == first
    assert (first.directory / "config.json").stat().st_mtime_ns == written


def test_a_copy_of_something_else_is_replaced(model: Path, tmp_path: Path) -> None:
    first = bring(model, tmp_path / "root")
    (first.directory / "old.safetensors").touch()
    (model / "config.json").write_text("{}")
    second = bring(model, tmp_path / "root")
    assert {path.name for path in second.directory.iterdir()} == READ
    assert (second.directory / "config.json").read_text() == "{}"


def test_what_is_left_of_an_interrupted_copy_goes(model: Path, tmp_path: Path) -> None:
    place = bring(model, tmp_path / "root").directory
    left = place.rename(place.with_name(f"{place.name}.partial"))
    (left / "other").touch()
    bring(model, tmp_path / "root")
    assert [*place.parent.iterdir()] == [place]
    assert not (place / "other").exists()


def test_there_must_be_room_for_the_copy(model: Path, tmp_path: Path) -> None:
    repository = Repository(str(model), None, tmp_path, load_format="auto")
    assert FolderDelivery(repository, tmp_path / "root").missing == 550_010
    assert FolderDelivery(repository, tmp_path).missing == 0


def test_a_directory_without_weights(model: Path, tmp_path: Path) -> None:
    (model / "model.safetensors").unlink()
    (model / "pytorch_model.bin").rename(model / "model.gguf")
    with pytest.raises(EngineStartError, match="has no weights that vLLM would load with load_format auto"):
        bring(model, tmp_path / "root")


def test_what_cannot_be_kept(model: Path, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "models").touch()
    with pytest.raises(EngineStartError, match=r"cannot be kept in .*: Not a directory; name another directory"):
        bring(model, tmp_path / "root")
