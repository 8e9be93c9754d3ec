"""Files that are generated, as a whole or in part."""

from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import ConfigurationError
from dragoman.forms.markdown import fill


@dataclass(frozen=True, slots=True)
class Document:
    """A generated file, or the `part` of a file that stands between two markers of that name."""

    path: str
    text: str
    part: str = ""

    def content(self, directory: Path) -> str | None:
        """Return what the file in the directory shall hold; None where there is no file to have the part.

        Raises ConfigurationError where the file cannot be read or has no such part.
        """
        if not self.part:
            return self.text
        held = read(directory / self.path)
        try:
            return None if held is None else fill(held, self.part, self.text)
        except ValueError as problem:
            raise ConfigurationError(f"{directory / self.path}: {problem}") from None


def write(path: Path, text: str) -> None:
    """Write a file, and make the directories above it; ConfigurationError where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{path} cannot be written: {problem.strerror}") from None


def read(path: Path) -> str | None:
    """Return what a file holds; None where there is none, and ConfigurationError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise ConfigurationError(f"{path} cannot be read: {reason}") from None
