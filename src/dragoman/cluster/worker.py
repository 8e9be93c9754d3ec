"""The process of a replica's worker: an ordinary one, behind the cluster's address instead of one of its own."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson

from dragoman import logs
from dragoman.errors import ConfigurationError, DragomanError
from dragoman.process import kinship
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value

# What the front does for all replicas, by the value that a setting of one of them has instead.
OF_THE_FRONT: Mapping[str, Value] = {
    "uds": None,
    "health_port": None,
    "ssl_keyfile": None,
    "ssl_certfile": None,
    "ssl_ca_certs": None,
    "ssl_ciphers": None,
}
SOURCE = "replica of a cluster"
# uvicorn's variable: whose word it takes for who a client is. All that connect here are fronts.
TRUSTED = "FORWARDED_ALLOW_IPS"


def main() -> None:
    """Serves as standard input says, until SIGTERM or the end of the process that started it."""
    kinship.die_with(os.getppid())
    os.environ[TRUSTED] = "*"
    errand = orjson.loads(sys.stdin.buffer.read())
    try:
        sys.exit(_serve(errand["arguments"], errand["host"], errand["port"]))
    except DragomanError as error:
        logs.announce("error", str(error), error.details)
        sys.exit(error.exit_code)


def _serve(arguments: Sequence[str], host: str, port: int) -> int:
    from dragoman.platforms import resolve
    from dragoman.process.doorman import run
    from dragoman.serving.observing.observation import Observation

    resolution = placed(resolve(arguments, os.environ), host, port)
    if resolution.errors:
        raise ConfigurationError(*resolution.errors)
    observation = Observation.of(resolution.value, sys.stderr)
    logs.configure(observation.log_format, observation.log_level, root=True)
    for warning in resolution.warnings:
        logs.announce("warning", warning)
    return run(resolution)


def placed(resolution: Resolution, host: str, port: int) -> Resolution:
    """The same worker at that address, without what the front does for it.

    Args:
        resolution: what the configuration says.
        host: the address of the machine in the cluster.
        port: a port that is free there.
    """
    changes = {**OF_THE_FRONT, "host": host, "port": port}
    settings = tuple(
        replace(setting, value=changes[setting.name], source=SOURCE) if setting.name in changes else setting
        for setting in resolution.settings
    )
    # The files of the front's TLS, say, need not be on this machine.
    errors = tuple(error for error in resolution.errors if error.split()[0] not in OF_THE_FRONT)
    return replace(resolution, settings=settings, errors=errors)


if __name__ == "__main__":
    main()
