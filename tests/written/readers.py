"""Reading what was written: each target's text as its users paste it, by that platform's own sources."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution
from dragoman.written.target import Written
from tests.settings.resolutions import COMPILER

OUTSIDE = "# Variables of the container, which this file cannot hold:"
# A shell in which the worker prints its variables and its arguments.
_SHELL = r"""dragoman() { printf '%s\0' "$HF_TOKEN" "$DRAGOMAN_API_KEY" "$@"; }
"""
_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")


def env_file(text: str) -> dict[str, str]:
    """Read lines as `docker run --env-file` does: what follows the first = is the value, as it is."""
    lines = [line.lstrip() for line in text.split("\n")]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def container_variables(text: str) -> dict[str, str]:
    """Read the variables in the comments of a serving.properties."""
    lines = text.split("\n")
    if OUTSIDE not in lines:
        return {}
    outside = lines[lines.index(OUTSIDE) + 1 :]
    return env_file("\n".join(line.removeprefix("# ") for line in outside if line.startswith("# ")))


def typed(text: str, **variables: str) -> tuple[dict[str, str], list[str]]:
    """Run a command in a shell; return the worker's secrets and arguments."""
    done = subprocess.run(["sh", "-c", _SHELL + text], capture_output=True, check=True, env=variables)
    token, key, *arguments = done.stdout.decode().split("\0")[:-1]
    return {"HF_TOKEN": token, "DRAGOMAN_API_KEY": key}, arguments


def manifest(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the Deployment and the Service."""
    deployment, service = yaml.safe_load_all(text)
    return deployment, service


def expanded(argument: str) -> str:
    """Return an argument as Kubernetes hands it on: `$$` is `$`, and `$(NAME)` a variable, of which there is none."""
    return _REFERENCE.sub(lambda match: "$" if match.group() == "$$" else match.group(), argument)


def on_runpod(written: Written, directory: Path) -> tuple[list[str], dict[str, str]]:
    (file,) = written.files
    return [], {"RUNPOD_ENDPOINT_ID": "e", **env_file(file.text)}


def on_lmi(written: Written, directory: Path) -> tuple[list[str], dict[str, str]]:
    (file,) = written.files
    (directory / file.name).write_text(file.text)
    return ["--model-dir", str(directory)], container_variables(file.text)


def on_datarobot(written: Written, directory: Path) -> tuple[list[str], dict[str, str]]:
    config, parameters = written.files
    assert json.loads(config.text).keys() == {"args"}
    (directory / config.name).write_text(config.text)
    return ["--code-dir", str(directory)], {"TARGET_NAME": "resultText", **env_file(parameters.text)}


def in_shell(written: Written, directory: Path) -> tuple[list[str], dict[str, str]]:
    (file,) = written.files
    (command, *arguments) = typed(file.text, HF_TOKEN="t", DRAGOMAN_API_KEY="k")[1]
    assert command == "serve"
    return arguments, {}


def in_pod(written: Written, directory: Path) -> tuple[list[str], dict[str, str]]:
    (file,) = written.files
    (container,) = manifest(file.text)[0]["spec"]["template"]["spec"]["containers"]
    return [expanded(argument) for argument in container.get("args", [])], {}


READERS: Mapping[str, tuple[str, Callable[[Written, Path], tuple[list[str], dict[str, str]]]]] = {
    "runpod": ("runpod", on_runpod),
    "lmi": ("lmi", on_lmi),
    "datarobot": ("datarobot", on_datarobot),
    "cli": ("plain", in_shell),
    "kubernetes": ("plain", in_pod),
}


def read(written: Written, directory: Path, gpus: int) -> Resolution:
    """Resolve what was written, on its target; files go into the directory."""
    platform, reader = READERS[written.target]
    arguments, variables = reader(written, directory)
    return resolve(["--platform", platform, "--gpus", str(gpus), *arguments], {**COMPILER, **variables})
