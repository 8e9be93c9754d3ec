#!/usr/bin/env python3
"""Ends with 0 where what runs in the container answers, with 1 where it does not, or says that it is not ready.

No setting is needed, neither platform nor port: the first process that listens is asked for /health. A worker answers
503 there until it has produced its first token. What has no /health, as the gateway, is well if it answers at all.

Nothing but the standard library is used: images made of this one may have another Python before the worker's.
"""

import os
import socket
import ssl
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import TypeAlias

LISTENING, ACCEPTING = "0A", "00010000"
REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SECONDS = 2
FAILING = 500

Place: TypeAlias = tuple[socket.AddressFamily, tuple[str, int] | str]


def main() -> int:
    """Ask, say what came of it, and return the exit code."""
    lines, code = verdict(first_places(sorted(int(name) for name in os.listdir("/proc") if name.isdigit())))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return code


def verdict(asked: Iterable[Place]) -> tuple[list[str], int]:
    """Return what each place answers, in words, and the exit code: one that is well is enough."""
    answers = [(address, status(family, address)) for family, address in asked]
    lines = [f"{address}: {answer or 'no answer'}" for address, answer in answers]
    return lines or ["nothing listens"], 0 if any(answer and answer < FAILING for _, answer in answers) else 1


def first_places(pids: Iterable[int]) -> list[Place]:
    """Return where the first process listens that listens at all: the container's own, or what its init started."""
    listening = dict(places())
    for pid in pids:
        if found := [listening[inode] for inode in sockets(pid) if inode in listening]:
            return found
    return []


def places() -> Iterator[tuple[str, Place]]:
    """Yield each socket that listens here: its inode and where it does. proc(5) has the tables."""
    for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        for _, local, _, state, *others in rows(table):
            if state == LISTENING:
                host, port = local.split(":")
                words = (int(host[start : start + 8], 16) for start in range(0, len(host), 8))
                packed = b"".join(struct.pack("=I", word) for word in words)
                yield others[5], (family, (socket.inet_ntop(family, packed), int(port, 16)))
    for row in rows("unix"):
        if row[3] == ACCEPTING and len(row) > 7:
            yield row[6], (socket.AF_UNIX, row[7])


def rows(table: str) -> Iterator[list[str]]:
    """Yield the rows of one of the kernel's tables without their heading; none where it has no such table."""
    try:
        with open(f"/proc/net/{table}") as lines:
            yield from (line.split() for line in list(lines)[1:])
    except OSError:
        return


def sockets(pid: int) -> Iterator[str]:
    """Yield the inodes of a process's sockets; none where it is gone, or another user's."""
    try:
        links = [os.readlink(descriptor.path) for descriptor in os.scandir(f"/proc/{pid}/fd")]
    except OSError:
        return
    yield from (link[len("socket:[") : -1] for link in links if link.startswith("socket:["))


def status(family: socket.AddressFamily, address: tuple[str, int] | str) -> int | None:
    """Return the status that is answered, over TLS where there is no answer without; None where there is none."""
    for tls in (False, True):
        try:
            with socket.socket(family) as plain:
                plain.settimeout(SECONDS)
                plain.connect(address)
                with unverified().wrap_socket(plain) if tls else plain as connection:
                    connection.sendall(REQUEST)
                    return int(connection.recv(64).split()[1])
        except (OSError, ValueError, IndexError):
            continue
    return None


def unverified() -> ssl.SSLContext:
    """Return what accepts any certificate: the other side is in the same container."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


if __name__ == "__main__":
    sys.exit(main())
