"""The file serving.properties, which stands beside the model.

It is read as java.util.Properties.load reads it, apart from blanks at the end of a value, which Java keeps and nobody
means.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import javaproperties

from dragoman.platforms.lmi.configuration.keys import meant, setting_for, shown
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.values import is_unset

FILE = "serving.properties"

_NEW_LINE = re.compile("\r\n|\r|\n")
# Control characters that text has no use for.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_BLANKS = " \t\f"
# What some editors put before UTF-8.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Property:
    """A key, its value, and the line in which it begins."""

    key: str
    value: str
    line: int


def properties(data: bytes) -> Iterator[Property]:
    r"""Yield each property of a file, those that a later line replaces too.

    Raises ValueError where the file is not text, or has a `\u` without four hexadecimal digits after it.
    """
    if _BINARY.search(data):
        raise ValueError("it is not a text file")
    line = 1
    elements = javaproperties.parse(data.removeprefix(_BYTE_ORDER_MARK))
    while True:
        try:
            element = next(elements)
        except StopIteration:
            return
        except javaproperties.InvalidUEscapeError as problem:
            raise ValueError(rf"{problem.escape} in line {line} is not \u and four hexadecimal digits") from None
        if isinstance(element, javaproperties.KeyValue):
            yield Property(element.key, element.value.rstrip(_BLANKS), line)
        line += len(_NEW_LINE.findall(element.source))


def read_file(directory: Path) -> bytes | None:
    """Return what serving.properties holds; None where the directory has no such file.

    Raises OSError where it cannot be read, and ValueError where it is no file.
    """
    path = directory / FILE
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if os.path.lexists(path):
            # A link that leads nowhere.
            raise
        return None
    if not stat.S_ISREG(kind):
        # A device may never end.
        raise ValueError("it is not a file")
    return path.read_bytes()


def chosen_model(directory: Path) -> str | None:
    """Return the model that a directory's serving.properties names, where it can be read and names one."""
    try:
        held = {each.key: each.value for each in properties(read_file(directory) or b"")}
    except (OSError, ValueError):
        return None
    name = held.get("option.model_id")
    return None if is_unset(name) else name


@dataclass(frozen=True, slots=True)
class LocalProperties:
    """The file in a directory."""

    directory: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the file; one that cannot be read or understood is an error."""
        path = self.directory / FILE
        try:
            return reading(read_file(self.directory) or b"", str(path), catalogue)
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            return Reading(errors=(f"{path} cannot be read: {reason}",))


@dataclass(frozen=True, slots=True)
class RemoteProperties:
    """The file under an s3:// URL."""

    url: str
    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the file; where it cannot be fetched, what it holds is not known before the model is."""
        from dragoman.platforms.lmi.s3 import remote_properties

        path = f"{self.url.rstrip('/')}/{FILE}"
        try:
            data = remote_properties(self.url, self.environment)
        except ValueError as problem:
            return Reading(warnings=(f"{path} is not read: {problem}",))
        try:
            return reading(data or b"", path, catalogue)
        except ValueError as problem:
            return Reading(errors=(f"{path} cannot be read: {problem}",))


def reading(data: bytes, path: str, catalogue: Catalogue) -> Reading:
    """Return the settings that a file's properties mean.

    Raises ValueError where the file cannot be understood.
    """
    held = list(properties(data))
    last = {each.key: each for each in held}
    known = {key: name for key in last if (name := setting_for(key, catalogue))}
    # Where the line that counts sets nothing, the lines that it replaces do not count either.
    empty = {key for key, name in known.items() if catalogue[name].leaves_unset(last[key].value)}
    counting = [each for each in held if each.key in known and each.key not in empty]
    return Reading(
        tuple(Assignment(known[each.key], each.value, _source(path, each)) for each in counting),
        warnings=(
            *_remarks_on_start(data, path),
            *(_remark(path, each, catalogue) for key, each in last.items() if key not in known),
        ),
    )


def _remarks_on_start(data: bytes, path: str) -> Iterator[str]:
    if data.startswith(_BYTE_ORDER_MARK):
        yield f"{path} begins with a byte-order mark: save the file without it"


def _source(path: str, each: Property) -> str:
    return f"{path} line {each.line} ({each.key})"


def _remark(path: str, each: Property, catalogue: Catalogue) -> str:
    guess = meant(each.key, catalogue)
    hint = f"; did you mean {guess}?" if guess else ""
    return f"{shown(each.key, catalogue)} sets nothing{hint} ({path} line {each.line})"
