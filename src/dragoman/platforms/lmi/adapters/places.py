"""Where an adapter's files are."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dragoman.platforms.lmi.configuration.adapter_files import CONFIGURATION
from dragoman.platforms.lmi.errors import HandlerError, named

# The files that vLLM looks for.
WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin", "adapter_model.pt")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def model_directory(url: str) -> Path:
    """The directory that a model's URL means; a model elsewhere has none that exists."""
    return Path(unquote(urlsplit(url).path) if url.startswith("file:") else url)


def directory(src: str, model: Path) -> Path:
    """The directory that an adapter's `src` means.

    Args:
        src: as it was given; a relative one is within the model's directory, where DJL Serving runs its handler.
        model: the model's directory.

    Raises:
        HandlerError: it is a URL, or no adapter is there that vLLM could load.
    """
    shown = named(src)
    if URL.match(src):
        raise HandlerError(f"Only local LoRA models are supported. {shown} is not a valid path")
    path = (model / src).absolute()
    if not _exists(path):
        raise HandlerError(f"Only local LoRA models are supported. {shown} is not a valid path: it does not exist")
    if why := _problem(path):
        raise HandlerError(f"{shown} is not a LoRA adapter: {why}")
    return path


def _problem(path: Path) -> str | None:
    """Why vLLM could not load what is in a directory; None where it may."""
    if not _exists(path / CONFIGURATION):
        return f"there is no {CONFIGURATION} in it"
    if not _is_object(path / CONFIGURATION):
        return f"its {CONFIGURATION} is no JSON object"
    if not any(_exists(path / name) for name in WEIGHTS):
        return f"there is none of {', '.join(WEIGHTS)} in it"
    return None


def _is_object(file: Path) -> bool:
    try:
        return isinstance(json.loads(file.read_bytes()), dict)
    except (OSError, ValueError, RecursionError):
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        # A name too long, or with a null byte in it.
        return False
