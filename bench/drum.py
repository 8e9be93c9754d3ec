"""Real DRUM and Dragoman, serving one custom model: the same folder, the same variables."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import BenchError
from bench.servers import HOST, SERVE, Process, free_port

PROGRAM = Path(__file__).parents[1] / ".venv-drum" / "bin" / "drum"
MISSING = f"{PROGRAM.relative_to(PROGRAM.parents[2])} is missing: scripts/install-drum installs real DRUM"
COMMANDS = {
    "DRUM": (str(PROGRAM), "server", "--gpu-predictor=vllm", "--logging-level=info"),
    "dragoman": (*SERVE, "datarobot"),
}


@dataclass(frozen=True)
class CustomModel:
    """What the owner of a custom model has made."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    """Beside those that every deployment has."""

    @property
    def environment(self) -> dict[str, str]:
        """All variables of its container."""
        always = {"CODE_DIR": str(self.folder), "TARGET_TYPE": "textgeneration", "TARGET_NAME": "resultText"}
        return {**always, "VLLM_NO_USAGE_STATS": "1", **self.variables}


def obstacle() -> str | None:
    """Say why DRUM cannot be measured here, and what to do about it; None where it can."""
    return None if PROGRAM.exists() else MISSING


class Drum(Process):
    """DRUM, launched as in DataRobot's own image; its engine is the vLLM of this environment, the first in PATH."""

    def __init__(self, model: CustomModel, log: Path) -> None:
        if missing := obstacle():
            raise BenchError(f"{missing}.")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        engine = {"PATH": path, "OPENAI_HOST": HOST, "OPENAI_PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}
        super().__init__("DRUM", COMMANDS["DRUM"], {**model.environment, **engine}, log)

    def address(self) -> tuple[str, ...]:
        """Name the flag that says where to listen."""
        return ("--address", f"{HOST}:{self.port}")


class Dragoman(Process):
    """Dragoman in DRUM's place."""

    def __init__(self, model: CustomModel, log: Path) -> None:
        super().__init__("dragoman", COMMANDS["dragoman"], model.environment, log)


def engine_config(*arguments: str) -> str:
    """Write the engine's own arguments in the form of engine_config.json."""
    return json.dumps({"args": arguments})


def parameter(name: str, kind: str, payload: object) -> dict[str, str]:
    """Write a runtime parameter as the platform does: a variable, and what it holds."""
    return {f"MLOPS_RUNTIME_PARAM_{name}": json.dumps({"type": kind, "payload": payload})}
