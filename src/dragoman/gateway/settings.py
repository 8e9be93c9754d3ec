"""What a gateway is told by its command line and its environment, and what is wrong with it."""

import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from platformdirs import user_state_path

from dragoman.errors import ConfigurationError
from dragoman.gateway.auth import VARIABLE, Keys
from dragoman.gateway.environment import PINGS, SHORTEST_INTERVAL
from dragoman.gateway.fleet.scaling import Scale
from dragoman.gateway.schema import connect
from dragoman.gateway.terms import Terms
from dragoman.process.address import LAST_PORT, Address, is_loopback

NAME = re.compile(r"[A-Za-z0-9_-]+")
SHORTEST_LOST_AFTER = PINGS * SHORTEST_INTERVAL / 1000
OF_WORKERS = ("min", "max", "idle_timeout")
"""Options that say something about the workers of ``--worker`` only."""


@dataclass(frozen=True)
class Settings:
    """What to serve, and how.

    Attributes:
        address: where to listen.
        endpoint_id: the endpoint's name, in its URLs.
        database: the file that keeps the jobs.
        keys: what opens the gateway.
        terms: what holds for every job.
        command: what a worker is; empty where others start the workers.
        scale: how many workers there may be.
    """

    address: Address
    endpoint_id: str
    database: Path
    keys: Keys
    terms: Terms
    command: tuple[str, ...]
    scale: Scale


def read(options: Mapping[str, str], environment: Mapping[str, str]) -> Settings:
    """Return the settings.

    Args:
        options: what was written on the command line, by names with underscores.
        environment: the variables.

    Raises:
        ConfigurationError: all that is wrong, and what keeps the address or the database from being used.
    """
    reader = _Reader(options, environment)
    settings = Settings(
        address=reader.address(),
        endpoint_id=reader.endpoint_id(),
        keys=reader.keys(),
        terms=Terms(reader.seconds("execution_timeout", 600), reader.lost_after()),
        command=reader.command(),
        scale=reader.scale(),
        # The last: it makes the file, if there is nothing else to mend.
        database=reader.database(),
    )
    if reader.problems:
        raise ConfigurationError(*reader.problems)
    return settings


class _Reader:
    """Reads one option after the other, and remembers all that is wrong; what it returned then is of no use.

    Args:
        options: what was written on the command line.
        environment: the variables.
    """

    def __init__(self, options: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self._options = options
        self._environment = environment

    def address(self) -> Address:
        address = Address(self._options.get("host", "127.0.0.1"), self.whole("port", 8080, 0, LAST_PORT))
        if not self.problems:
            self.problems += address.problems()
        return address

    def endpoint_id(self) -> str:
        given = self._options.get("endpoint_id", "local")
        if not NAME.fullmatch(given):
            self.problems.append(f"--endpoint-id {given!r}: use letters, digits, - and _")
        return given

    def database(self) -> Path:
        named = self._options.get("db")
        name = self._options.get("endpoint_id", "local")
        if named is None and not NAME.fullmatch(name):
            return Path()
        path = Path(named) if named is not None else user_state_path("dragoman") / f"gateway-{name}.db"
        if self.problems and not path.exists():
            return path
        try:
            connect(path.absolute()).close()
        except ConfigurationError as error:
            self.problems += error.problems
        return path

    def keys(self) -> Keys:
        text = self._environment.get(VARIABLE, "")
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        if not all(parts):
            self.problems.append(f"{VARIABLE} holds an empty key: write one key, or several with a comma between them")
        if not all(part.isprintable() for part in parts):
            self.problems.append(f"{VARIABLE} holds a key with letters that cannot be seen, such as a line's end")
        host = self._options.get("host", "127.0.0.1")
        if not parts and not is_loopback(host):
            self.problems.append(f"--host {host!r} serves other machines, so {VARIABLE} has to hold a key")
        return Keys.read(self._environment)

    def command(self) -> tuple[str, ...]:
        given = self._options.get("worker")
        if given is None:
            useless = [f"--{name.replace('_', '-')}" for name in OF_WORKERS if name in self._options]
            self.problems += [f"{flag} is for the gateway's own workers: it needs --worker" for flag in useless]
            return ()
        try:
            command = tuple(shlex.split(given))
        except ValueError as error:
            self.problems.append(f"--worker cannot be split into words: {error}")
            return ()
        if not command:
            self.problems.append("--worker is empty: name a command, such as 'dragoman serve'")
        elif shutil.which(command[0]) is None:
            self.problems.append(f"--worker: there is no program {command[0]!r} on PATH")
        return command

    def scale(self) -> Scale:
        scale = Scale(self.whole("min", 0, 0), self.whole("max", 1, 1), self.seconds("idle_timeout", 60))
        if scale.least > scale.most:
            self.problems.append(f"--min {scale.least} is more than --max {scale.most}")
        return scale

    def lost_after(self) -> float:
        given = self.seconds("lost_after", 30)
        if given < SHORTEST_LOST_AFTER:
            self.problems.append(
                f"--lost-after {self._options['lost_after']!r}: write at least {SHORTEST_LOST_AFTER:g} seconds, "
                "because workers ping once a second at most"
            )
        return given

    def whole(self, name: str, default: int, least: int, most: int | None = None) -> int:
        text = self._options.get(name)
        if text is None:
            return default
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            span = f"from {least} to {most}" if most is not None else f"not less than {least}"
            self.problems.append(f"--{name} {text!r}: write a whole number, {span}")
            return default
        return number

    def seconds(self, name: str, default: float) -> float:
        text = self._options.get(name)
        if text is None:
            return default
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not (isfinite(number) and number > 0):
            self.problems.append(f"--{name.replace('_', '-')} {text!r}: write a number of seconds, more than 0")
            return default
        return number
