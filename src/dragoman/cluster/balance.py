"""Which replica gets a request."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import count

# Seconds for which a replica that has turned a request away is the last to be asked.
PAUSE = 1.0
# A replica is overloaded where it has this many requests more than the one that has least, and this share of them.
LEAD, SHARE = 4, 0.25


class Balance:
    """The replicas that there are, and how many requests each of them has from here.

    The home of a conversation follows from its key and the replicas' names alone (rendezvous hashing), so that every
    front has the same, and a replica that comes or goes moves only its own conversations.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._avoided_until: dict[str, float] = {}
        self._replicas: Sequence[str] = ()
        self._requests: Counter[str] = Counter()
        self._turns = count()

    @property
    def replicas(self) -> Sequence[str]:
        """The names of the replicas that serve."""
        return self._replicas

    def update(self, replicas: Sequence[str]) -> None:
        """Notes which replicas serve from now on."""
        self._replicas = tuple(replicas)
        self._avoided_until = {name: until for name, until in self._avoided_until.items() if name in self._replicas}

    def avoid(self, replica: str) -> bool:
        """Has a replica asked last for a while; returns whether that is news."""
        news = not self._is_avoided(replica)
        self._avoided_until[replica] = self._clock() + PAUSE
        return news

    def _is_avoided(self, replica: str) -> bool:
        return self._avoided_until.get(replica, 0.0) > self._clock()

    def requests(self, replica: str) -> int:
        """How many requests the replica has from here."""
        return self._requests[replica]

    def load(self) -> dict[str, int]:
        """How many requests each replica that serves has from here."""
        return {replica: self._requests[replica] for replica in self._replicas}

    def choose(self, key: bytes | None, without: Collection[str] = ()) -> str | None:
        """The replica for a request, None where there is none.

        Args:
            key: that of its conversation; None where it belongs to none.
            without: replicas that have turned the request away.
        """
        left = [replica for replica in self._replicas if replica not in without]
        candidates = [replica for replica in left if not self._is_avoided(replica)] or left
        if not candidates:
            return None
        least = min(self._requests[replica] for replica in candidates)
        if key is not None:
            home = max(candidates, key=lambda replica: _rank(key, replica))
            if self._requests[home] - least <= max(LEAD, SHARE * least):
                return home
        idle = [replica for replica in candidates if self._requests[replica] == least]
        turn = key or next(self._turns).to_bytes(8)
        return max(idle, key=lambda replica: _rank(turn, replica))

    @contextmanager
    def busy(self, replica: str) -> Iterator[None]:
        """Counts a request of the replica's as long as it lasts."""
        self._requests[replica] += 1
        try:
            yield
        finally:
            self._requests[replica] -= 1
            if not self._requests[replica]:
                del self._requests[replica]


def _rank(key: bytes, replica: str) -> bytes:
    return blake2b(key, key=blake2b(replica.encode(), digest_size=32).digest(), digest_size=8).digest()
