"""docker/Dockerfile as data, and the other files of the images."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    """One instruction, its lines joined.

    Args:
        name: such as `COPY`.
        text: the rest.
        stage: the stage that it is in; empty above the first.
    """

    name: str
    text: str
    stage: str

    @property
    def options(self) -> dict[str, str]:
        """What begins with `--`, of which the last counts."""
        return dict(re.findall(r"--([a-z-]+)=(\S+)", self.text))

    @property
    def mounts(self) -> list[dict[str, str]]:
        """The mounts of a RUN."""
        return [
            dict(part.split("=", 1) for part in mount.split(",")) for mount in re.findall(r"--mount=(\S+)", self.text)
        ]

    @property
    def command(self) -> str:
        """What a RUN has the shell run."""
        return re.sub(r"^(--\S+ +)+", "", self.text)


@cache
def instructions() -> Sequence[Instruction]:
    """All of them, in their order."""
    return tuple(_instructions())


def _instructions() -> Iterator[Instruction]:
    lines = (line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#"))
    stage = ""
    for joined in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if joined:
            name, text = joined.split(maxsplit=1)
            stage = text.partition(" AS ")[2] if name == "FROM" else stage
            yield Instruction(name, text, stage)


def within(stage: str, *names: str) -> list[Instruction]:
    """The instructions of a stage with one of these names."""
    return [each for each in instructions() if each.stage == stage and each.name in names]


def arguments(stage: str) -> dict[str, str]:
    """The build arguments that a stage declares, with their defaults; those above the first stage for an empty name."""
    pairs = (each.text.partition("=") for each in within(stage, "ARG"))
    return {name: value.strip('"') for name, _, value in pairs}


def pairs(stage: str, name: str, **values: str) -> dict[str, str]:
    """The pairs of a stage's ENV or LABEL instructions, with variables put in."""
    known = arguments("") | arguments(stage) | values
    found = (item.partition("=") for each in within(stage, name) for item in shlex.split(each.text))
    return {key: re.sub(r"\$\{?(\w+)\}?", lambda match: known[match[1]], value) for key, _, value in found}


def stages() -> list[str]:
    """The names of the stages."""
    return list(dict.fromkeys(each.stage for each in instructions() if each.stage))
