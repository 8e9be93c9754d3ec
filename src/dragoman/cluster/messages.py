"""What the front and the fleet tell each other: JSON, one message a line."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import orjson


@dataclass(frozen=True)
class Phase:
    """Fleet to front: what goes on before there are replicas."""

    name: str


@dataclass(frozen=True)
class Joined:
    """Fleet to front: Ray is there, so from now on there is something to give back."""


@dataclass(frozen=True)
class Members:
    """Fleet to front: the address of each replica that serves, by its name."""

    replicas: Mapping[str, str]


@dataclass(frozen=True)
class Load:
    """Front to fleet: how many requests each replica has from it."""

    requests: Mapping[str, int]


@dataclass(frozen=True)
class Hopeless:
    """Fleet to front: no replica will ever serve; the reason, lines that go with it, and the exit code that says so."""

    reason: str
    exit_code: int
    details: list[str] = field(default_factory=list)


Message = Phase | Joined | Members | Load | Hopeless
KINDS: Mapping[str, type[Message]] = {kind.__name__: kind for kind in (Phase, Joined, Members, Load, Hopeless)}


def to_line(message: Message) -> bytes:
    """The message as a line."""
    return orjson.dumps([type(message).__name__, asdict(message)], option=orjson.OPT_APPEND_NEWLINE)


def from_line(line: bytes) -> Message:
    """The message that ``to_line`` wrote."""
    kind, fields = orjson.loads(line)
    return KINDS[kind](**fields)
