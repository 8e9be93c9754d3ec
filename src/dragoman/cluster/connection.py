"""Ray: joined where a cluster is, started where none is named, and what is asked of it."""

import logging
import os
import secrets
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dragoman.engine.cluster import refusal
from dragoman.errors import ConfigurationError
from dragoman.settings.ray_cluster import WORDS

# Bytes of the path of a socket, of which Ray makes those of a session below its directory.
LONGEST_SOCKET, SOCKETS = 107, len("/session_2026-01-01_00-00-00_000000_0000000/sockets/plasma_store")
# How a cluster of our own differs from Ray's defaults. Replicas compute, so they do not give way to everything else, as
# Ray's processes do; Serve need not look at a few replicas ten times a second, nor anybody at Ray's own metrics.
OURS = {
    "RAY_worker_niceness": "0",
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    "RAY_enable_metrics_collection": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Why a replica cannot start is told by the fleet; Ray would add the traceback of its own.
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
}
# Ray's own word for a cluster that it starts.
LOCAL = "local"
# Tokens do not pass through Ray's store, in bytes.
STORE = 128 * 2**20


@contextmanager
def connected(address: str | None, directory: Path, cpus: int) -> Iterator[None]:
    """Joins the cluster, or starts one on this machine that ends with the context.

    Args:
        address: the cluster's; None for one of our own.
        directory: where a cluster of our own keeps its sockets and logs.
        cpus: cores that our own shall count at least: replicas may share them.

    Raises:
        ConfigurationError: there is no such cluster, or none can be started there.
    """
    if address:
        _check(address)
    else:
        _prepare()
    # Workers print in lines of their own; Ray would fold those that look alike.
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    os.environ.setdefault("RAY_COLOR_PREFIX", str(int(sys.stderr.isatty())))
    import ray
    from ray.exceptions import RayError

    options: dict[str, Any] = {"address": address} if address else _own(directory, cpus)
    try:
        with warnings.catch_warnings(action="ignore"):
            ray.init(**options, namespace="dragoman", logging_level=logging.ERROR, configure_logging=False)
    except (RayError, RuntimeError, ValueError, OSError) as error:
        raise ConfigurationError(f"ray_address: {address or 'a local cluster'}: {_first_line(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _prepare() -> None:
    """Sets what Ray reads of the environment when it starts a cluster."""
    for name, value in OURS.items():
        os.environ.setdefault(name, value)
    if not any(name.startswith("RAY_AUTH_") for name in os.environ):
        # Whoever reaches Ray's ports could run programs. Without one of ours Ray leaves a token in the home directory.
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))


def _own(directory: Path, cpus: int) -> dict[str, Any]:
    place = directory / "ray"
    if len(str(place)) + SOCKETS > LONGEST_SOCKET:
        raise ConfigurationError(f"TMPDIR is too long for Ray's sockets: {place}; choose a shorter one")
    return {
        "address": "local",
        "num_cpus": max(cpus, os.cpu_count() or 1),
        "include_dashboard": False,
        "object_store_memory": STORE,
        "_temp_dir": str(place),
    }


def _check(address: str) -> None:
    """Finds out at once what Ray finds out after minutes."""
    if address not in WORDS and (reason := refusal(address)):
        raise ConfigurationError(f"ray_address: nothing answers at {address}: {reason}")


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
