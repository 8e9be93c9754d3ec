"""Shells to type a page's commands into, each in a clone of the checkout."""

import os
import re
import select
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns
from types import TracebackType
from typing import Self

import psutil

from tests.docs.pages import ROOT
from tests.processes import is_alive
from tests.real.worker import PATIENCE, clean_environment, eventually

_SETTINGS = ("DRAGOMAN_", "OMP_")
_CURLRC = "silent\nfail-with-body\nmax-time = 120\n"
_NOT_CLONED = ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", "site", "results")
_SERVER = re.compile(r"""(\w+=('[^']*'|"[^"]*"|\S*) +)*(make serve|\S*dragoman (serve|gateway))\b""")
_READY = re.compile(r"ready after|^export OPENAI_API_KEY", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and its exit code. A server has printed nothing that counts."""

    output: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Server:
    """A command that serves until it is interrupted, the process group that it runs in, and what it says."""

    command: str
    group: int
    log: Path

    def is_ready(self) -> bool:
        """Whether it serves, or has ended."""
        return _READY.search(self.log.read_text(errors="replace")) is not None or not is_alive(self.group)


class Machine:
    """Where the shells are: a directory for clones, a home directory, a network, and at most one server in it."""

    def __init__(self, directory: Path, network: Sequence[str]) -> None:
        self.server: Server | None = None
        self._directory = directory
        self._network = network
        self._clones = 0
        home = directory / "home"
        home.mkdir()
        (home / ".curlrc").write_text(_CURLRC)
        inherited = {name: value for name, value in clean_environment().items() if not name.startswith(_SETTINGS)}
        self._environment = {**inherited, "HOME": str(home), "PYTHONPATH": str(ROOT / "src")}

    def shell(self) -> "Shell":
        """Return a shell in a clone in which `make` has installed everything: its .venv is the checkout's."""
        self._clones += 1
        clone = self._directory / str(self._clones)
        copytree(ROOT, clone, ignore=_NOT_CLONED, symlinks=True)
        (clone / ".venv").symlink_to((ROOT / ".venv").resolve())
        for requirement in (*clone.glob("requirements/*"), clone / "pyproject.toml"):
            os.utime(requirement, (0, 0))
        return Shell(self, (*self._network, "bash", "--noprofile", "--norc"), clone, self._environment)

    def serves(self, command: str) -> bool:
        """Whether the server that runs was started by that command."""
        return self.server is not None and self.server.command == command

    def end_server(self) -> None:
        """End the server that runs, if one does."""
        server, self.server = self.server, None
        if server is not None:
            interrupt(server.group)


class Shell:
    """A shell that runs one command after another."""

    def __init__(self, machine: Machine, argv: Sequence[str], directory: Path, environment: dict[str, str]) -> None:
        self._machine = machine
        self._argv = argv
        self._directory = directory
        self._environment = environment
        self._notes = directory.with_suffix(".notes")
        self._count = 0

    def __enter__(self) -> Self:
        self._notes.mkdir()
        self._status, told = os.pipe()
        self._process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            cwd=self._directory,
            env={**self._environment, "TOLD": str(told)},
            pass_fds=[told],
            text=True,
            start_new_session=True,
        )
        os.close(told)
        self._send("set -m")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the shell, and what it has in the background, but not the server."""
        jobs = [child.pid for child in psutil.Process(self._process.pid).children()]
        self._process.kill()
        self._process.communicate()
        os.close(self._status)
        for job in jobs:
            if self._machine.server is None or job != self._machine.server.group:
                interrupt(job)

    def run(self, command: str) -> Ended:
        """Run a command until it ends, or serves.

        Whoever starts a server in the foreground has to end the one before, so that is done here too. What another page
        has started by the same command is as good, if nothing was done before that the server could depend on.
        """
        if not _SERVER.match(command):
            return self._run(command)
        if self._count == 0 and self._machine.serves(command):
            return Ended()
        self._machine.end_server()
        return self._run(command) if command.endswith("&") else self._serve(command)

    def _run(self, command: str) -> Ended:
        typed, printed = self._note(command)
        self._send(f". {typed} >{printed} 2>&1 </dev/null; echo $? >&$TOLD")
        code = self._told(printed)
        return Ended(printed.read_text(errors="replace"), code)

    def _serve(self, command: str) -> Ended:
        typed, printed = self._note(command)
        self._send(f"{{ . {typed}; }} >{printed} 2>&1 </dev/null & echo $! >&$TOLD")
        server = Server(command, self._told(printed), printed)
        eventually(server.is_ready, f"{command} is ready")
        if is_alive(server.group):
            self._machine.server = server
            return Ended()
        self._send(f"wait {server.group}; echo $? >&$TOLD")
        code = self._told(printed)
        return Ended(printed.read_text(errors="replace"), code)

    def _note(self, command: str) -> tuple[Path, Path]:
        """Write a command down; return where it is, and where what it prints is to be."""
        self._count += 1
        typed = self._notes / f"{self._count}.sh"
        typed.write_text(f"{command}\n")
        printed = typed.with_suffix(".out")
        printed.touch()
        return typed, printed

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _told(self, printed: Path) -> int:
        """Return the number that the shell tells next."""
        readable, _, _ = select.select([self._status], [], [], PATIENCE)
        assert readable, f"not within {PATIENCE:g} s; printed until then:\n{printed.read_text(errors='replace')}"
        return int(os.read(self._status, 64))


def interrupt(group: int) -> None:
    """Press Ctrl-C for a job of a shell, and see that nothing is left of it."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        leader = psutil.Process(group)
        family = [leader, *leader.children(recursive=True)]
        os.killpg(group, signal.SIGINT)
        try:
            eventually(lambda: not any(is_alive(process.pid) for process in family), f"{family} have ended")
        finally:
            for process in family:
                if process.is_running():
                    process.kill()
