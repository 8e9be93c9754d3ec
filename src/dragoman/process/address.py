"""The address that the worker holds from its first second."""

import errno
import ipaddress
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from dragoman.errors import ConfigurationError
from dragoman.settings.values import Value

BACKLOG = 2048
LAST_PORT = 65535


@dataclass(frozen=True)
class Address:
    """A TCP host and port, or the path of a Unix socket."""

    host: str
    port: int
    uds: str | None = None
    tls: bool = False

    @classmethod
    def of_probes(cls, value: Callable[[str], Value]) -> Self | None:
        """The second address, for probes alone, where the settings name one."""
        port = value("health_port")
        return None if port in (None, value("port")) else cls(value("host"), port)

    def bind(self) -> socket.socket:
        """A listening socket.

        Raises:
            ConfigurationError: the address is taken, not ours to take, or no address.
        """
        if not 0 <= self.port <= LAST_PORT:
            raise ConfigurationError(f"port {self.port} is not between 0 and {LAST_PORT}")
        try:
            return self._bind_unix(Path(self.uds)) if self.uds else self._bind_tcp()
        except (OSError, UnicodeError) as error:
            raise ConfigurationError(self._explain(error)) from error

    def problems(self) -> tuple[str, ...]:
        """What keeps ``bind`` from working now, as lines for the user."""
        try:
            self.bind().close()
        except ConfigurationError as error:
            return error.problems
        self.release()
        return ()

    def _bind_tcp(self) -> socket.socket:
        found = socket.getaddrinfo(self.host or None, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # localhost is both, and most of its clients try IPv4 only.
        family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
        return sock

    def _bind_unix(self, path: Path) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
                path.unlink()
            sock.bind(str(path))
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
        return sock

    def of(self, sock: socket.socket) -> Self:
        """The same with the port that the system chose, where the choice was left to it."""
        return self if self.uds else replace(self, port=sock.getsockname()[1])

    def release(self) -> None:
        """Removes what the address leaves in the file system."""
        if self.uds:
            Path(self.uds).unlink(missing_ok=True)

    def _explain(self, error: OSError | UnicodeError) -> str:
        what = f"socket {self.uds}" if self.uds else f"port {self.port} on {self.host or 'every interface'}"
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            return f"{what} is already in use; choose another one or end the process that holds it"
        return f"cannot listen on {what}: {getattr(error, 'strerror', None) or error}"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"unix:{self.uds}" if self.uds else f"http{'s' if self.tls else ''}://{host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether a name or an address is always that of the machine itself."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0
