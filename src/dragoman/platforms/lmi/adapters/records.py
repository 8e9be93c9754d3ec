"""What the worker knows of its adapters, kept where the next server process finds it."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

log = logging.getLogger("dragoman")


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter that requests may ask for, in the words of DJL Serving's ``/adapters``.

    Args:
        name: what requests call it.
        src: the directory that it is in, as it was given.
        preload: whether it is loaded when it is registered, and not when it is first asked for.
        pin: whether its slot stays its own.
    """

    name: str
    src: str
    preload: bool = True
    pin: bool = False


class Records:
    """All adapters in a file, which outlives the server process.

    Args:
        path: of the file; it is made when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Adapter, ...] | None:
        """The adapters that were last written; None where none ever were."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        return tuple(Adapter(**each) for each in orjson.loads(text))

    def write(self, adapters: Iterable[Adapter]) -> None:
        """Replaces what was written before, at once or not at all."""
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_bytes(orjson.dumps(list(adapters)))
            os.replace(fresh, self._path)
        except OSError as error:
            log.warning("the engine's next start will not know of this change of adapters: %s", error)
