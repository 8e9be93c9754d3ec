"""What the fleet is told at its start."""

from dataclasses import asdict, dataclass
from typing import Self

import orjson


@dataclass(frozen=True)
class Errand:
    """What the process of the fleet needs to know, beside the environment that it shares with the front.

    Args:
        arguments: the command line of ``serve``.
        directory: where a cluster of our own keeps its sockets and logs.
        descriptor: the inherited end of the connection to the front.
    """

    arguments: list[str]
    directory: str
    descriptor: int

    def to_json(self) -> bytes:
        """The errand as ``from_json`` reads it."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The errand that ``to_json`` wrote."""
        return cls(**orjson.loads(data))
