import pytest

from dragoman.cli.commands import asked_for


@pytest.mark.parametrize(
    ("arguments", "topic"),
    [
        (["--help"], ""),
        (["-tp", "2", "-h"], ""),
        (["--help=Parallel"], "Parallel"),
        (["--", "--help"], None),
        (["--chat-template=--help"], None),
        ([], None),
    ],
)
def test_asked_for(arguments: list[str], topic: str | None) -> None:
    assert asked_for(arguments) == topic
