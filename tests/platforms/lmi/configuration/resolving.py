"""Resolving settings on LMI in tests, on a machine that has nothing of its own."""

from collections.abc import Mapping
from functools import cache

from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value
from tests.settings.resolutions import COMPILER


def on_lmi(environment: Mapping[str, str], *arguments: str, gpus: int = 4) -> Resolution:
    """Resolve with a model on the hub."""
    given = {**COMPILER, "OPTION_MODEL_ID": "org/m", **environment}
    return resolve(["--platform", "lmi", "--gpus", str(gpus), *arguments], given)


def changes(resolution: Resolution, gpus: int = 4) -> dict[str, Value]:
    """Return what vLLM gets beside what it gets where nothing is set, or in its place."""
    usual = _usual(gpus)
    return {
        setting.name: setting.value
        for setting in resolution.settings
        if setting.flag and setting.is_set and usual.get(setting.name) != setting.value
    }


@cache
def _usual(gpus: int) -> dict[str, Value]:
    return {setting.name: setting.value for setting in on_lmi({}, gpus=gpus).settings if setting.is_set}
