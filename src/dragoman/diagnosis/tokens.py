"""The token that is shown to the hub."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dragoman.settings.hub_cache import hub_directory

# Where a token for huggingface_hub is, the strongest first.
VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


@dataclass(frozen=True, slots=True)
class Token:
    """A token for the hub.

    Args:
        text: the token itself.
        source: where it was found.
        path: the file that it is in; None where it is in none.
        exposed: whether others of this machine may read that file.
    """

    text: str = field(repr=False)
    source: str
    path: str | None = None
    exposed: bool = False

    @property
    def is_sendable(self) -> bool:
        """Whether a request's header can hold it, as it can printable ASCII without blanks."""
        return self.text.isascii() and self.text.isprintable() and " " not in self.text


def token_of(given: str | None, variables: Mapping[str, str]) -> Token | None:
    """Return the token that huggingface_hub would show: the setting's, a variable's, or that in its file."""
    if given:
        return Token(given, "--hf-token")
    for name in VARIABLES:
        if text := variables.get(name, "").strip():
            return Token(text, f"variable {name}")
    path = Path(
        variables.get("HF_TOKEN_PATH") or hub_directory(_without_cache(variables)).parent / "token"
    ).expanduser()
    try:
        text, mode = path.read_text().strip(), path.stat().st_mode
    except (OSError, ValueError):
        return None
    return Token(text, str(path), str(path), bool(mode & (stat.S_IRGRP | stat.S_IROTH))) if text else None


def _without_cache(variables: Mapping[str, str]) -> Mapping[str, str]:
    """The variables without those of the cache, which is not where the token's file is."""
    return {name: value for name, value in variables.items() if not name.endswith("HUB_CACHE")}
