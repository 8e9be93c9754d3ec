from pathlib import Path

import pytest

from dragoman.baking.modes import unreadable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that nobody else may look into, with a file of a model and others in it."""
    root = tmp_path / "models"
    (root / "hub" / "m").mkdir(parents=True)
    (root / "hub" / "m" / "code.py").touch()
    (root / "hub" / "m" / "notes").touch()
    (root / "other").touch()
    for path in (root, *root.rglob("*")):
        path.chmod(0o700)
    return root


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_everybody_can_read_a_file(root: Path) -> None:
    assert unreadable(root, [root / "hub" / "m" / "code.py"]) == []
    for path in (root / "hub", root / "hub" / "m"):
        assert mode(path) == 0o755
    assert mode(root / "hub" / "m" / "code.py") == 0o744


def test_nothing_else_changes(root: Path) -> None:
    unreadable(root, [root / "hub" / "m" / "code.py"])
    for path in (root, root / "hub" / "m" / "notes", root / "other"):
        assert mode(path) == 0o700


def test_links_stand_for_themselves_and_for_what_they_lead_to(root: Path) -> None:
    link = root / "hub" / "m" / "link"
    link.symlink_to(root / "other")
    assert unreadable(root, [link]) == []
    assert mode(root / "other") == 0o744
    assert mode(root / "hub" / "m") == 0o755


def test_what_lies_outside_is_left_alone(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    for path in (outside, outside / "file"):
        path.chmod(0o700)
    (root / "hub" / "m" / "link").symlink_to(outside / "file")
    (root / "folder").symlink_to(outside)
    assert unreadable(root, [root / "hub" / "m" / "link", root / "folder" / "file"]) == []
    assert mode(outside) == mode(outside / "file") == 0o700


def test_what_may_not_be_changed_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    assert root / "hub" in unreadable(root, [root / "hub" / "m" / "code.py"])
