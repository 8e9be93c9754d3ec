"""What a site has left behind on the machine."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from bench.servers import Process
from hardening.outcome import Breach

SHARED = "/dev/shm/"
NOTHING = "no process, socket file or shared memory is left behind"


class Leftovers:
    """Watches what processes map and make, and looks for it when they have ended.

    Args:
        scratch: where their temporary files go.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._shared: set[Path] = set()

    def watch(self, services: Iterable[Process]) -> None:
        """Note the shared memory that the processes have now."""
        for service in services:
            for process in service.family():
                self._shared |= set(_shared(process))

    def breaches(self, survivors: Iterable[str]) -> Iterator[Breach]:
        """Find what is left.

        Args:
            survivors: processes that had to be killed at the end.
        """
        left = [*survivors, *(str(path) for path in sorted(self._shared) if path.exists()), *self._files()]
        if left:
            yield Breach.of(NOTHING, ", ".join(left))

    def _files(self) -> Iterator[str]:
        """Compiled code is kept on purpose, for the next start."""
        for path in sorted(self._scratch.iterdir()):
            if not path.name.startswith("torchinductor_"):
                yield f"{path.name}: {[each.name for each in path.rglob('*')][:10]}"


def _shared(process: psutil.Process) -> Iterator[Path]:
    with suppress(psutil.Error, OSError):
        for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
            _, found, name = line.partition(SHARED)
            if found and not name.endswith(" (deleted)"):
                yield Path(SHARED + name)
