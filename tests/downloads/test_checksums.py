import subprocess
from pathlib import Path

import pytest

from dragoman.downloads.checksums import Checksum, Kind

SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
GIT = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    path = tmp_path / "hello"
    path.write_bytes(b"hello")
    return path


@pytest.mark.parametrize(("kind", "digest"), [(Kind.SHA256, SHA256), (Kind.GIT, GIT)])
def test_the_checksum_of_a_file(hello: Path, kind: Kind, digest: str) -> None:
    checksum = Checksum.of(hello, kind)
    assert checksum == Checksum(kind, digest)
    assert checksum.fits(hello)
    hello.write_bytes(b"hullo")
    assert not checksum.fits(hello)


def test_git_says_the_same(hello: Path) -> None:
    said = subprocess.run(["git", "hash-object", hello], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == GIT


def test_it_is_read_as_it_is_written() -> None:
    checksum = Checksum(Kind.GIT, GIT)
    assert str(checksum) == f"git:{GIT}"
    assert Checksum.parse(str(checksum)) == checksum


def test_another_kind_is_no_checksum() -> None:
    with pytest.raises(ValueError, match="md5"):
        Checksum.parse("md5:00")


@pytest.mark.parametrize(
    ("tag", "checksum"),
    [
        (SHA256, Checksum(Kind.SHA256, SHA256)),
        (GIT, Checksum(Kind.GIT, GIT)),
        ("W-x", None),
        ("z" * 40, None),
        (None, None),
    ],
)
def test_the_checksum_that_a_tag_is(tag: str | None, checksum: Checksum | None) -> None:
    assert Checksum.of_tag(tag) == checksum
