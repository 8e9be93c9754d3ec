"""What a file's contents have to be, as whoever keeps it says, and what they are."""

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest, sha1, sha256
from pathlib import Path
from typing import Self


class Kind(StrEnum):
    """How a checksum is made: of the contents (what the hub has for large files), or as git does (for the others)."""

    SHA256 = "sha256"
    GIT = "git"


_KINDS = {64: Kind.SHA256, 40: Kind.GIT}
_DIGEST = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True)
class Checksum:
    """A checksum; as text it is `kind:digest`."""

    kind: Kind
    digest: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checksum that a text is.

        Raises:
            ValueError: it is none.
        """
        kind, _, digest = text.partition(":")
        return cls(Kind(kind), digest)

    @classmethod
    def of(cls, path: Path, kind: Kind = Kind.SHA256) -> Self:
        """The checksum of a file.

        Raises:
            OSError: it cannot be read.
        """
        with path.open("rb") as file:
            if kind is Kind.SHA256:
                return cls(kind, file_digest(file, sha256).hexdigest())
            begun = sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
            return cls(kind, file_digest(file, lambda: begun).hexdigest())

    @classmethod
    def of_tag(cls, tag: str | None) -> Self | None:
        """The checksum that a hub's ETag is; None where it is something else."""
        if tag is None or len(tag) not in _KINDS or not _DIGEST.fullmatch(tag):
            return None
        return cls(_KINDS[len(tag)], tag)

    def fits(self, path: Path) -> bool:
        """Whether a file has it.

        Raises:
            OSError: the file cannot be read.
        """
        return self == Checksum.of(path, self.kind)
