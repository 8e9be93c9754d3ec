"""Resolving settings in tests, on a machine that has nothing of its own."""

from collections.abc import Mapping

from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution, ResolvedSetting

# A C++ compiler, without which the worker would prefer eager mode.
COMPILER = {"CXX": "true", "PATH": "/bin:/usr/bin"}


def on_plain(environment: Mapping[str, str], *arguments: str) -> Resolution:
    """Resolve on no platform, for this machine, with a model on the hub and without GPUs unless told otherwise."""
    alone = {"DRAGOMAN_HOST": "localhost", "MODEL_NAME": "org/m"}
    return resolve(["--gpus", "0", *arguments], {**COMPILER, **alone, **environment})


def on_runpod(environment: Mapping[str, str], *arguments: str) -> Resolution:
    """Resolve on RunPod, for a queue, with a model on the hub and without GPUs unless `arguments` say otherwise."""
    queue = {"RUNPOD_WEBHOOK_GET_JOB": "http://host/v2/ep/job-take/$ID?gpu=X"}
    return resolve(["--gpus", "0", *arguments], {**COMPILER, **queue, "MODEL_NAME": "org/m", **environment})


def find(resolution: Resolution, name: str) -> ResolvedSetting:
    """Return a setting by its name."""
    (setting,) = (setting for setting in resolution.settings if setting.name == name)
    return setting
