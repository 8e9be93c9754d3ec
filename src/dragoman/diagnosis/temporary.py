"""The directory for temporary files, in which the worker has its sockets."""

import os
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.storage import free_at, is_executable
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import MIB, gib, listed
from dragoman.process.run_directory import PREFIX
from dragoman.settings.tuning.caches import is_writable

# sun_path of unix(7) has 108 bytes, the last of which is 0.
SOCKET = 107
# The worker's own directory there, with tempfile's eight letters, and in it a socket of vLLM's: a UUID of 36.
BELOW = len(f"/{PREFIX}") + 8 + len("/") + 36
LONGEST = SOCKET - BELOW
LEAST = 64 * MIB
# There may be hundreds, and more by the time that this is pasted.
_REMOVAL = (
    "find {directory} -maxdepth 1 -type s -user \"$(id -u)\" -name '????????-????-????-????-????????????' | "
    'while read -r name; do grep -qs "[ /]${{name##*/}}$" /proc/net/unix /proc/[0-9]*/net/unix || rm -f "$name"; done'
)


@dataclass(frozen=True, slots=True)
class Temporary:
    """The directory for temporary files.

    Args:
        path: where it is; None where no directory takes any.
        ignored: what TMPDIR names, where that takes none; None otherwise.
        makable: whether that is not there and can be made.
        free: bytes that are left there.
        executable: whether code can be loaded from there.
        sockets: those of vLLM's that nobody listens on.
    """

    path: str | None
    ignored: str | None
    free: int
    executable: bool
    sockets: tuple[str, ...]
    makable: bool = False


def look(subject: Subject) -> Temporary:
    """Find the directory as Python does, and the sockets that dead processes left in it."""
    named = subject.environment.get("TMPDIR")
    try:
        path = Path(tempfile.gettempdir())
    except FileNotFoundError:
        return Temporary(None, named, 0, True, ())
    ignored = named if named and not os.path.samefile(path, named if os.path.exists(named) else "/") else None
    return Temporary(
        str(path),
        ignored,
        free_at(path),
        is_executable(path),
        tuple(_dead(path.resolve(), subject.places.proc)),
        makable=ignored is not None and _is_makable(Path(ignored)),
    )


def usable(subject: Subject, found: Temporary) -> Iterator[Finding]:
    """Whether there is a directory for temporary files, with room in it."""
    if found.path is None:
        yield problem(
            "no directory takes temporary files",
            "The worker ends with exit code 2.",
            "export TMPDIR=$(mktemp -d -p /dev/shm)",
        )
        return
    if found.ignored:
        what = f"TMPDIR names {found.ignored}, which takes no files; {found.path} is used"
        cure = f"mkdir -p {shlex.quote(found.ignored)}" if found.makable else "unset TMPDIR"
        yield advice(what, "What was meant to go elsewhere does not.", cure)
    if found.free < LEAST:
        what = f"{found.path} has {gib(found.free)} left"
        why = "vLLM's compilers and sockets need it."
        yield problem(what, why, f"df -h {shlex.quote(found.path)}; du -xsh {shlex.quote(found.path)}/*")
    elif not found.ignored:
        yield fine(f"temporary files go to {found.path}")


def length(subject: Subject, found: Temporary) -> Iterator[Finding]:
    """Whether the names of vLLM's sockets fit."""
    size = len(os.fsencode(found.path or ""))
    if size > LONGEST and subject.has_engine:
        what = f"the path for temporary files has {size} characters: {found.path}"
        why = (
            f"With more than {LONGEST} the names of vLLM's sockets are too long for the kernel, and it does not start."
        )
        yield problem(what, why, "export TMPDIR=/tmp")
    else:
        yield fine("the path for temporary files is short enough for sockets")


def executable(subject: Subject, found: Temporary) -> Iterator[Finding]:
    """Whether code can be loaded from it."""
    if found.path and not found.executable:
        what = f"{found.path} is mounted noexec"
        why = "Libraries that unpack or compile code there cannot load it: Triton, Ray and others."
        yield advice(what, why, 'mkdir -p "$HOME/tmp" && export TMPDIR="$HOME/tmp"')
    else:
        yield fine("code can be loaded from the directory for temporary files")


def sockets(subject: Subject, found: Temporary) -> Iterator[Finding]:
    """What killed servers left."""
    if found.sockets:
        what = f"sockets of servers that have ended: {listed([Path(path).name for path in found.sockets])}"
        why = "They do no harm, but nothing removes them. What a killed Dragoman left, the next one removes."
        yield advice(what, why, _REMOVAL.format(directory=shlex.quote(str(Path(found.sockets[0]).parent))))
    else:
        yield fine("servers that have ended left no sockets")


def _is_makable(directory: Path) -> bool:
    # The kernel's own file systems have no room, whatever their permissions say.
    return not os.path.lexists(directory) and is_writable(directory) and free_at(directory) > 0


def _dead(directory: Path, proc: Path) -> Iterator[str]:
    """Yield sockets of this user's that are called as vLLM calls them and that the kernel does not list as open."""
    found = [path for path in sorted(directory.iterdir()) if _is_uuid(path.name) and path.is_socket()]
    if not found or not (proc / "net" / "unix").exists():
        return
    living = set(_living(proc))
    for path in found:
        if path.name not in living and path.stat().st_uid == os.getuid():
            yield str(path)


def _living(proc: Path) -> Iterator[str]:
    """Yield the names of all open sockets, less their directories, for which a process may have other paths.

    Each process's own table is read too: the kernel's has the sockets of one network namespace alone.
    """
    for table in (proc / "net" / "unix", *proc.glob("[0-9]*/net/unix")):
        try:
            lines = table.read_text(errors="replace").splitlines()
        except OSError:
            continue
        yield from (line.rpartition(" ")[2].rpartition("/")[2] for line in lines)


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


TOPIC = Topic(
    "temporary files",
    look,
    (
        Check("tmpdir", "Whether there is a directory for temporary files, with room in it.", usable),
        Check("tmpdir-length", "Whether its path is short enough for vLLM's sockets.", length),
        Check("tmpdir-noexec", "Whether code can be loaded from it (`noexec`).", executable),
        Check("sockets", "Sockets that servers left that have ended.", sockets),
    ),
)
