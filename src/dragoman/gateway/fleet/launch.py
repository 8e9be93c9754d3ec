"""Becomes a worker that is told to drain when the gateway ends: ``launch.py GATEWAY COMMAND…``.

Run as a script, with the standard library alone. Linux only: ``prctl(2)``.
"""

import ctypes
import os
import signal
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1
# Python ignores them, and what is ignored stays so in the program that takes its place.
IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)


def launch(gateway: int, command: list[str]) -> NoReturn:
    """Replace this process with the worker.

    Args:
        gateway: pid of the parent, at whose end, however it ends, the worker gets SIGTERM.
        command: the worker's, found on PATH.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != gateway:
        sys.exit(0)
    for number in IGNORED:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    launch(int(sys.argv[1]), sys.argv[2:])
