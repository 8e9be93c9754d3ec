import pytest

from dragoman.process.exits import manner


@pytest.mark.parametrize(("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "killed by SIGKILL")])
def test_manner(code: int, words: str) -> None:
    assert manner(code) == words
