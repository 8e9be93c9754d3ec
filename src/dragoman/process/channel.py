"""What the processes of one worker say to each other: JSON datagrams over a Unix socket pair."""

import os
import socket
from dataclasses import asdict, dataclass
from typing import Any, Self

import orjson

MAX_DATAGRAM = 64 * 1024


@dataclass(frozen=True)
class Start:
    """Doorman to preloader: fork a server process."""

    restarts: int


@dataclass(frozen=True)
class Phase:
    """Preloader or server process to doorman: what goes on now."""

    name: str


@dataclass(frozen=True)
class Preparing:
    """Preloader to doorman: what it does for the platform now, before the engine is imported."""

    name: str


@dataclass(frozen=True)
class Started:
    """Preloader to doorman: the server process exists."""

    pid: int


@dataclass(frozen=True)
class Ready:
    """Server process to doorman: a first token was produced; SIGUSR1 makes it accept connections."""

    pid: int


@dataclass(frozen=True)
class Failed:
    """Server process to doorman: it cannot serve (any more) and will end; the reason in one line."""

    reason: str


@dataclass(frozen=True)
class Ended:
    """Preloader to doorman: the server process ended; the exit code is negative for a signal."""

    pid: int
    code: int


@dataclass(frozen=True)
class Retire:
    """Server process to doorman: the platform shall replace this worker, which is to end as after SIGTERM."""


@dataclass(frozen=True)
class Fetching:
    """Fetcher to doorman: what is downloaded beside the phase, and how far it is."""

    what: str


@dataclass(frozen=True)
class Fetched:
    """Fetcher to doorman: all is there."""


@dataclass(frozen=True)
class Hopeless:
    """Fetcher to doorman: no start can succeed; the reason in one line."""

    reason: str


@dataclass(frozen=True)
class Booted:
    """Doorman to server process, before SIGUSR1: what the start was made of, as ``BootReport.to_json`` tells it."""

    report: dict[str, Any]


Message = Start | Phase | Preparing | Started | Ready | Failed | Ended | Retire | Fetching | Fetched | Hopeless | Booted
KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in Message.__args__}


class Channel:
    """One end of the pair; several processes may write to the other end, a datagram stays whole."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    @classmethod
    def pair(cls) -> tuple[Self, Self]:
        """Two connected ends."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(ours), cls(theirs)

    @classmethod
    def inherited(cls, descriptor: int) -> Self:
        """The end that a parent process left open."""
        os.set_inheritable(descriptor, False)
        return cls(socket.socket(fileno=descriptor))

    def send(self, message: Message) -> None:
        """Sends one message.

        Raises:
            OSError: nobody holds the other end any more.
        """
        self.sock.send(orjson.dumps([type(message).__name__, asdict(message)]))

    def receive(self) -> Message | None:
        """The next message, or None when every holder of the other end is gone."""
        return self._receive(0)

    def receive_waiting(self) -> Message | None:
        """The next message if it is there already, or None."""
        try:
            return self._receive(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def _receive(self, flags: int) -> Message | None:
        try:
            data = self.sock.recv(MAX_DATAGRAM, flags)
        except ConnectionResetError:
            # Told once, before what is left to read, when the other end is gone and had not read all of ours.
            data = self.sock.recv(MAX_DATAGRAM, flags)
        if not data:
            return None
        kind, fields = orjson.loads(data)
        return KINDS[kind](**fields)

    def close(self) -> None:
        """Lets go of this end."""
        self.sock.close()
