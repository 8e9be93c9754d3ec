"""The objects of OpenAI's API, as hooks make them: those of OpenAI's package, or plain dictionaries."""

from collections.abc import Mapping
from typing import Any

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.json_text import json_text


def fields(made: object) -> dict[str, Any]:
    """The fields that an object was made with; none where it is of no such kind."""
    if isinstance(made, Mapping):
        return dict(made)
    if hasattr(made, "to_dict"):
        return dict(made.to_dict())
    if hasattr(made, "model_dump"):
        return dict(made.model_dump(mode="json", exclude_unset=True))
    return {}


def encoded(name: str, made: object) -> bytes:
    """What a hook made, as JSON.

    Args:
        name: the hook.
        made: what it made.

    Raises:
        DrumError: it is more than JSON holds.
    """
    try:
        return json_text(made)
    except ValueError as error:
        raise DrumError(f"{name} returned what JSON does not hold: {error}") from None
