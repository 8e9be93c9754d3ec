"""The names by which clients may ask for the model."""

from collections.abc import Iterator

from dragoman.platforms.runpod.configuration import baked
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.view import View

OVERRIDE = "openai_served_model_name_override"


def served_names(view: View) -> Iterator[Outcome]:
    """Serve the model by the override and by its original name; a model of the image not by its path."""
    override, given, original = view.settled(OVERRIDE), view.settled("served_model_name"), original_name(view)
    if override and (given is None or given.rank >= override.rank):
        names = [*override.value, *(given.value if given else ()), *([original] if original else ())]
        yield Change("served_model_name", list(dict.fromkeys(names)), override.source, override.rank)
    elif original and original != view.get("model"):
        yield Change("served_model_name", [original], "worker default: the name of the model in the image", WEAKEST)


def original_name(view: View) -> str | None:
    """Return the name that the model has where it comes from."""
    model: str | None = view.get("model")
    if not baked.is_baked(view.settled("model")):
        return model
    return baked.served_name() or view.environment.get("MODEL_NAME") or model
