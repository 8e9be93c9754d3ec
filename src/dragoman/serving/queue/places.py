"""Places at the engine: who has one, who waits for one, and whose turn it is."""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from dragoman.errors import DragomanError
from dragoman.serving.queue.pace import Pace
from dragoman.serving.queue.patience import Patience

Client = int | None
# What is expected is a mean: where all of a client's patience is needed, too many would leave before their answer.
SHARE = 0.5


class NoPlaceError(DragomanError):
    """There is no place, and none to wait for one.

    Args:
        message: why.
        pause: seconds after which there may be one.
    """

    status = 429

    def __init__(self, message: str, pause: int) -> None:
        super().__init__(message)
        self.pause = pause


@dataclass(eq=False)
class Ticket:
    """What a request has while it waits for its place, and while it has it.

    Args:
        client: whose request it is.
        turn: is done when it need not wait any more: with None when it has a place, or else with the reason.
        has_place: whether it has one.
        since: when it came, where it had to wait.
        answered: whether it has got its answer; otherwise its end tells nothing of the engine's pace.
    """

    client: Client
    turn: asyncio.Future[NoPlaceError | None]
    has_place: bool = False
    since: float | None = None
    answered: bool = False


class Places:
    """Gives out places, to each client alike.

    A free place goes to the client that has the fewest, to several that have as few by turns; a client's own requests
    keep their order. When too many wait, the client of whom most do gives way.

    Args:
        places: how many there are.
        most_waiting: how many requests may wait.
        clock: seconds.
    """

    def __init__(self, places: int, most_waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = places
        self._room = most_waiting
        self._clock = clock
        self._pace = Pace(clock)
        # Each client for itself: nobody makes others look impatient.
        self._shown: defaultdict[Client, Patience] = defaultdict(lambda: Patience(clock))
        self._taken: Counter[Client] = Counter()
        # Whose turn it is comes first.
        self._waiting: dict[Client, deque[Ticket]] = {}

    @property
    def has_free(self) -> bool:
        """Whether the next request has a place at once."""
        return self._free > 0

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return sum(map(len, self._waiting.values()))

    @property
    def taken(self) -> int:
        """How many requests have a place."""
        return self._taken.total()

    def ask(self, client: Client, patience: float | None = None, *, streams: bool = True) -> Ticket:
        """A ticket, which has a place already where one is free.

        Args:
            client: who asks.
            patience: for how many seconds they wait for an answer; None where they do not say.
            streams: whether the answer begins before all of it is there.

        Raises:
            NoPlaceError: too many wait, or it would take too long.
        """
        ticket = Ticket(client, asyncio.get_running_loop().create_future())
        if self.has_free:
            self._seat(ticket)
            return ticket
        patience = self._shown[client].seconds if patience is None else patience
        expected = self._pace.seconds(self._before(client) + (0 if streams else self.taken))
        if patience is not None and expected is not None and expected > patience * SHARE:
            raise self._no_place("The answer would come later than you wait for it: so many requests are waiting.")
        if self.waiting >= self._room and not self._made_room(client):
            raise self._no_place("The worker has as many requests waiting as it may have.")
        if not self._waiting:
            self._pace.begin()
        ticket.since = self._clock()
        self._waiting.setdefault(client, deque()).append(ticket)
        return ticket

    def give_back(self, ticket: Ticket) -> None:
        """Ends what the ticket stands for, a place or waiting for one."""
        if ticket.has_place:
            ticket.has_place = False
            self._taken[ticket.client] -= 1
            self._free += 1
            self._note(ticket)
            self._call_next()
        elif (line := self._waiting.get(ticket.client)) and ticket in line:
            line.remove(ticket)
            self._note(ticket)
            if not line:
                del self._waiting[ticket.client]

    def _note(self, ticket: Ticket) -> None:
        if ticket.answered:
            self._pace.end()
        if ticket.since is not None:
            self._shown[ticket.client].end(self._clock() - ticket.since, answered=ticket.answered)

    def _call_next(self) -> None:
        while self._free > 0 and self._waiting:
            client = min(self._waiting, key=self._taken.__getitem__)
            line = self._waiting.pop(client)
            self._seat(line.popleft())
            if line:
                self._waiting[client] = line

    def _seat(self, ticket: Ticket) -> None:
        self._free -= 1
        self._taken[ticket.client] += 1
        ticket.has_place = True
        ticket.turn.set_result(None)

    def _before(self, client: Client) -> int:
        """How many waiting requests come before this client's next one, at most."""
        own = len(self._waiting.get(client, ())) + 1
        return min(self.waiting, own * len(self._waiting.keys() | {client}))

    def _made_room(self, client: Client) -> bool:
        """Whether somebody gave way: nobody does for a client of whom as many wait."""
        longest = max(self._waiting.values(), key=len, default=deque[Ticket]())
        if len(longest) <= len(self._waiting.get(client, ())) + 1:
            return False
        message = "The worker has as many requests waiting as it may have, most of them yours."
        longest.pop().turn.set_result(self._no_place(message))
        return True

    def _no_place(self, message: str) -> NoPlaceError:
        return NoPlaceError(f"{message} Try again later.", self._pace.pause(self.waiting))
