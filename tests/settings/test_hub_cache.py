import os
from pathlib import Path

import pytest

from dragoman.settings.hub_cache import hub_directory, snapshot


@pytest.mark.parametrize(
    ("environment", "directory"),
    [
        ({"HF_HUB_CACHE": "/a", "HUGGINGFACE_HUB_CACHE": "/b", "HF_HOME": "/c"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/b", "HF_HOME": "/c"}, "/b"),
        ({"HF_HOME": "/c", "HOME": "/d"}, "/c/hub"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/d"}, "/x/huggingface/hub"),
        ({"HOME": "/d"}, "/d/.cache/huggingface/hub"),
    ],
)
def test_where_it_is(environment: dict[str, str], directory: str) -> None:
    assert hub_directory(environment) == Path(directory)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    repository = tmp_path / "models--Org--Name"
    for age, commit in enumerate(("c2", "c1")):
        (repository / "snapshots" / commit).mkdir(parents=True)
        os.utime(repository / "snapshots" / commit, (1000 - age, 1000 - age))
    (repository / "refs").mkdir()
    return tmp_path


def commit_of(hub: Path, revision: str | None, name: str = "Org/Name") -> str | None:
    directory = snapshot(hub, name, revision)
    return directory.name if directory else None


def test_the_main_branch(hub: Path) -> None:
    (hub / "models--Org--Name" / "refs" / "main").write_text("c1\n")
    assert commit_of(hub, None) == "c1"


def test_a_branch_and_a_commit(hub: Path) -> None:
    (hub / "models--Org--Name" / "refs" / "v2").write_text("c2")
    assert commit_of(hub, "v2") == "c2"
    assert commit_of(hub, "c1") == "c1"
    assert commit_of(hub, "c9") is None


def test_the_newest_without_a_main_branch(hub: Path) -> None:
    assert commit_of(hub, None) == "c2"


def test_a_branch_that_leads_nowhere(hub: Path) -> None:
    (hub / "models--Org--Name" / "refs" / "main").write_text("c9")
    assert commit_of(hub, None) is None


def test_small_letters(hub: Path) -> None:
    (hub / "models--Org--Name").rename(hub / "models--org--name")
    assert commit_of(hub, None) == "c2"


def test_another_model(hub: Path) -> None:
    assert commit_of(hub, None, "org/other") is None
