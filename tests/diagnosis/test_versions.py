import pytest

from dragoman.diagnosis.versions import is_older


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("2.9.1", "2.10.0", True),
        ("2.10.0+cpu", "2.10.0", False),
        ("580.65.06", "580.65.06", False),
        ("5.0.0rc3", "5.0.0", True),
        ("built here", "1.0", False),
        (None, "1.0", False),
    ],
)
def test_is_older(version: str | None, than: str, older: bool) -> None:
    assert is_older(version, than) == older
