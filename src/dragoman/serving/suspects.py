"""Requests that were at the engine when it died, so that one that killed it is not sent to it again.

Nothing of a request is kept but a digest of it.
"""

import logging
import mmap
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson

SIZE = 16
EMPTY = bytes(SIZE)
# More requests are not noted at a time, and no more suspects remembered.
NOTED, REMEMBERED = 4096, 1024
TABLE, RECORD = "at_engine", "suspects.json"
# A request is guilty after so many deaths, or after one where it was alone with the engine.
GUILTY = 2
# For so many seconds after the first death, and twice as long after each further one: the engine may have died of
# something else, and only an answer acquits.
SENTENCE = 600.0

log = logging.getLogger("dragoman")


@dataclass(frozen=True)
class Suspect:
    """A request that was at the engine when it died.

    Args:
        deaths: at how many deaths.
        guilty_until: in seconds since the epoch; 0 where it was never guilty.
    """

    deaths: int = 0
    guilty_until: float = 0.0


def digest(path: str, body: Iterable[bytes]) -> bytes:
    """What a request is known by.

    Args:
        path: where it goes.
        body: the pieces of its body.
    """
    known_by = blake2b(path.encode() + b"\0", digest_size=SIZE)
    for piece in body:
        known_by.update(piece)
    return known_by.digest()


class Suspects:
    """Knows which requests are at the engine, in a file that outlives this process, and which it must not get again.

    The file is mapped into memory, so a note costs no more than writing to memory, and is there whatever kills this
    process or the engine.

    Args:
        directory: where the files are, those of the server process before this one among them.
        clock: seconds since the epoch.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._record = directory / RECORD
        self._clock = clock
        self._suspects = _judged(_read(self._record), _at_death(directory / TABLE), clock())
        self._write()
        self._table = _table(directory / TABLE)
        self._free = list(range(len(self._table) // SIZE))

    def guilty_for(self, digest: bytes) -> float:
        """For how many seconds a request is not to be sent to the engine: 0 where it is not guilty, or not any more."""
        return max(self._suspects.get(digest.hex(), Suspect()).guilty_until - self._clock(), 0.0)

    def acquit(self, digest: bytes) -> None:
        """The engine has answered the request and lives."""
        if self._suspects.pop(digest.hex(), None) is not None:
            self._write()

    def note(self, digest: bytes) -> int | None:
        """Notes that a request goes to the engine, and returns what to strike out; None where nothing was noted."""
        if not self._free:
            return None
        place = self._free.pop()
        self._table[place * SIZE : (place + 1) * SIZE] = digest
        return place

    def strike_out(self, place: int | None) -> None:
        """Strikes out what ``note`` has noted: the request has ended, and the engine lives."""
        if place is not None:
            self._table[place * SIZE : (place + 1) * SIZE] = EMPTY
            self._free.append(place)

    def _write(self) -> None:
        if not self._suspects and not self._record.exists():
            return
        fresh = self._record.with_suffix(".new")
        try:
            fresh.write_bytes(orjson.dumps(self._suspects))
            os.replace(fresh, self._record)
        except OSError as error:
            log.warning("requests that kill the engine will not be known after its next death: %s", error)


def _read(record: Path) -> dict[str, Suspect]:
    try:
        recorded = orjson.loads(record.read_bytes())
    except FileNotFoundError:
        return {}
    return {digest: Suspect(**fields) for digest, fields in recorded.items()}


def _at_death(table: Path) -> Counter[str]:
    """How often each request was at the engine when the last server process ended."""
    try:
        content = table.read_bytes()
    except FileNotFoundError:
        return Counter()
    places = (content[start : start + SIZE] for start in range(0, len(content), SIZE))
    return Counter(place.hex() for place in places if place != EMPTY)


def _judged(suspects: Mapping[str, Suspect], present: Counter[str], now: float) -> dict[str, Suspect]:
    """The suspects before a death, and those that were present at it; the newest come last."""
    if present:
        log.warning("%d requests were at the engine when it died", present.total())
    alone = present.total() == 1
    again = {each: _sentenced(suspects.get(each, Suspect()), alone, now) for each in present}
    others = {each: suspect for each, suspect in suspects.items() if each not in again}
    return dict(list({**others, **again}.items())[-REMEMBERED:])


def _sentenced(suspect: Suspect, alone: bool, now: float) -> Suspect:
    deaths = suspect.deaths + 1
    if alone or deaths >= GUILTY:
        return Suspect(deaths, now + SENTENCE * 2 ** (deaths - 1))
    return Suspect(deaths)


def _table(path: Path) -> mmap.mmap | bytearray:
    """A table without notes; one that nobody else will see where there is no room for a file."""
    try:
        with path.open("wb+") as file:
            os.posix_fallocate(file.fileno(), 0, NOTED * SIZE)
            return mmap.mmap(file.fileno(), NOTED * SIZE)
    except OSError as error:
        log.warning("requests that kill the engine will not be known: %s", error)
        return bytearray(NOTED * SIZE)
