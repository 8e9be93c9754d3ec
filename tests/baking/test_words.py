import pytest

from dragoman.baking.manifest import BakedFile
from dragoman.baking.words import amount, amounts, file_count
from dragoman.downloads.checksums import Checksum, Kind


@pytest.mark.parametrize(("count", "text"), [(0, "0.0 B"), (1_500, "1.5 kB"), (140 * 10**9, "140.0 GB")])
def test_amounts(count: int, text: str) -> None:
    assert amount(count) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_numbers_of_files(count: int, text: str) -> None:
    assert file_count(count) == text


def test_files_with_their_size() -> None:
    checksum = Checksum(Kind.GIT, "0a")
    assert amounts([BakedFile(1_000, checksum), BakedFile(500, checksum)]) == "2 files, 1.5 kB"
