"""The Ray cluster that EngineCore joins, before it does: whether its head answers, and what its nodes are not told."""

import logging
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from dragoman.errors import EngineStartError
from dragoman.settings.ray_cluster import WORDS

# vLLM gives its workers on every node all variables of EngineCore's; these name directories of this machine's.
OF_THIS_MACHINE = frozenset({"TMPDIR", "VLLM_RPC_BASE_PATH", "RAY_TMPDIR"})
# Seconds: machines of a cluster start together, and the head's name is known only once it runs.
PATIENCE, PAUSE, CONNECT = 60.0, 1.0, 5.0
CURE = "start its head with `ray start --head`, or correct --ray-address"

log = logging.getLogger("dragoman")


def await_head(address: str | None, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep) -> None:
    """Waits until the head of the cluster takes connections.

    Ray itself says, after a while, that it timed out.

    Args:
        address: host and port; None, and Ray's own words, for a cluster that Ray finds on this machine, or starts.
        patience: seconds.
        sleep: waits for so many seconds.

    Raises:
        EngineStartError: it does not.
    """
    if address is None or address in WORDS or (reason := refusal(address)) is None:
        return
    log.info("waiting for the head of the Ray cluster at %s: %s", address, reason)
    deadline = time.monotonic() + patience
    while reason is not None:
        if time.monotonic() >= deadline:
            raise EngineStartError(f"no Ray cluster answers at {address}: {reason}; {CURE}")
        sleep(PAUSE)
        reason = refusal(address)


def refusal(address: str) -> str | None:
    """Why the head at an address takes no connection, in words; None where it does.

    Args:
        address: host and port.
    """
    try:
        parts = urlsplit(f"//{address}")
        socket.create_connection((str(parts.hostname), parts.port or 0), CONNECT).close()
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None
