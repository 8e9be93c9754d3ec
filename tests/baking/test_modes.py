import os
from pathlib import Path

import pytest

from dragoman.baking.modes import unreadable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that nobody else may look into, with a model and something else in it."""
    root = tmp_path / "models"
    (root / "hub" / "m").mkdir(parents=True)
    (root / "hub" / "m" / "code.py").touch()
    (root / "other").touch()
    for path in (root, root / "hub", root / "hub" / "m", root / "hub" / "m" / "code.py", root / "other"):
        path.chmod(0o700)
    return root


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_everybody_can_read_the_model(root: Path) -> None:
    assert unreadable(root, [root / "hub" / "m"]) == []
    for path in (root, root / "hub", root / "hub" / "m"):
        assert mode(path) == 0o755
    assert mode(root / "hub" / "m" / "code.py") == 0o744
    assert mode(root / "other") == 0o700


def test_links_that_lead_nowhere_are_left_alone(root: Path) -> None:
    (root / "hub" / "m" / "link").symlink_to("/nowhere")
    assert unreadable(root, [root / "hub" / "m"]) == []


def test_links_stand_for_what_they_lead_to(root: Path) -> None:
    link = root / "hub" / "m" / "link"
    link.symlink_to(root / "other")
    assert unreadable(root, [link]) == []
    assert mode(root / "other") == 0o744


def test_what_lies_outside_is_left_alone(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.touch()
    outside.chmod(0o600)
    (root / "hub" / "m" / "link").symlink_to(outside)
    assert unreadable(root, [root / "hub" / "m", root / "hub" / "m" / "link"]) == []
    assert mode(outside) == 0o600


def test_what_may_not_be_changed_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    assert root in unreadable(root, [root / "hub" / "m"])
    for name, _, _ in os.walk(root):
        os.chmod(name, 0o755)
