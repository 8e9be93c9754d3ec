"""A network with nothing but a loopback interface: documented ports are free there, and nothing beyond is reached."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_HOLD = """
import fcntl, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket() as sock:
    fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
print("up", flush=True)
sys.stdin.read()
"""


@contextmanager
def lonely_network() -> Iterator[tuple[str, ...]]:
    """What to put before a command so that it runs in such a network; nothing where the kernel allows none.

    A process of its own holds the network open.
    """
    holder = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", _HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with holder:
        assert holder.stdout is not None
        is_up = holder.stdout.readline() == b"up\n"
        enter = ("nsenter", "--target", str(holder.pid), "--user", "--net", "--preserve-credentials")
        yield enter if is_up else ()
