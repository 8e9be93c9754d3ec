"""Resolving settings on DataRobot in tests, on a machine that has nothing of its own."""

import json
from collections.abc import Mapping
from pathlib import Path

from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution
from tests.settings.resolutions import COMPILER

CREDENTIAL = {"credentialType": "api_token", "apiToken": "hf_sesame"}
METADATA = "name: a\ntype: inference\ntargetType: textgeneration\n"
LOAD_MODEL = "def load_model(code_dir):\n    return code_dir\n"


def parameter(name: str, kind: str, value: object) -> dict[str, str]:
    """Return the variable of a runtime parameter, as the platform sets it."""
    return {f"MLOPS_RUNTIME_PARAM_{name}": json.dumps({"type": kind, "payload": value})}


MODEL = parameter("model", "string", "org/m")


def on_datarobot(environment: Mapping[str, str], *arguments: str, code: Path | None = None) -> Resolution:
    """Resolve on DataRobot, with the name of a target, and without GPUs unless `arguments` say otherwise."""
    gpus = [] if "GPU_COUNT" in environment else ["--gpus", "0"]
    place = {"CODE_DIR": str(code)} if code else {}
    return resolve([*gpus, *arguments], {**COMPILER, "TARGET_NAME": "resultText", **place, **environment})


def write(directory: Path, **files: str) -> Path:
    """Write files into a directory, and return it; an underscore in their names stands for the last dot."""
    for name, text in files.items():
        (directory / ".".join(name.rsplit("_", 1))).write_text(text)
    return directory


def write_arguments(directory: Path, *arguments: object) -> Path:
    """Write an engine_config.json with these arguments, and return its directory."""
    return write(directory, engine_config_json=json.dumps({"args": arguments}))
