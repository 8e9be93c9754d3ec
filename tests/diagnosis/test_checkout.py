from pathlib import Path

import pytest

from dragoman.diagnosis.checkout import INSTALLER, checkout, elsewhere, installing

ROOT = Path("/src of/dragoman")


def test_the_tests_run_from_a_checkout() -> None:
    root = checkout()
    assert root is not None
    assert (root / INSTALLER).is_file()


@pytest.mark.parametrize(
    ("root", "anew", "command"),
    [
        (ROOT, False, "cd '/src of/dragoman' && scripts/install gpu"),
        (ROOT, True, "cd '/src of/dragoman' && make clean && scripts/install gpu"),
        (None, False, ""),
    ],
)
def test_installing(root: Path | None, anew: bool, command: str) -> None:
    assert installing(root, "gpu", anew=anew) == command


@pytest.mark.parametrize(("root", "words"), [(ROOT, ""), (None, " In an image: take the one of the gpu build.")])
def test_elsewhere(root: Path | None, words: str) -> None:
    assert elsewhere(root, "gpu") == words
