"""The token that is shown to the hub while an image is built."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# Where BuildKit puts a secret of that name, for one step of a build only.
SECRET = Path("/run/secrets/HF_TOKEN")


def hub_token(environment: Mapping[str, str]) -> str | None:
    """Return the secret's contents, else the variable HF_TOKEN; None for what huggingface_hub finds by itself."""
    with suppress(OSError, ValueError):
        if token := SECRET.read_text().strip():
            return token
    return environment.get("HF_TOKEN", "").strip() or None
