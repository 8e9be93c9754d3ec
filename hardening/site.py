"""What a part has running: workers, a gateway, an engine, each a family of processes with a log of its own."""

import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from bench.errors import BenchError
from bench.servers import DRAGOMAN_COMMAND, HOST, Process, bundled_flags, shared_flags
from dragoman.gateway.auth import VARIABLE
from dragoman.models import MINI
from hardening.engine import MODEL

ENDPOINT = "harden"
TRACEBACK = "Traceback (most recent call last)"
SHOWN = 25
PULSE = 0.05
# How vLLM begins each line of a record.
VLLMS = re.compile(r"[A-Z]+ \d\d-\d\d \d\d:\d\d:\d\d \[[^\]]+\] ?$")
# Variables that set something on one of the platforms begin so.
SETTINGS = tuple("CODE_DIR DRAGOMAN_ HF_MODEL_ MLOPS_ MODEL OPTION_ RUNPOD_ SAGEMAKER_ SERVING_ TARGET_ VLLM_".split())
FOR_PLATFORM: Mapping[str, Mapping[str, str]] = {"datarobot": {"TARGET_NAME": "resultText"}}


class Service(Process):
    """A process of a site."""

    _left: set[psutil.Process] | None = None

    def retire(self) -> None:
        """Note who is left of it, now that its first process has ended, whose number may soon be another's."""
        self._left = super().family()

    def family(self) -> set[psutil.Process]:
        """Find every process of it that runs; of one that is retired, those that were left and theirs."""
        if self._left is None:
            return super().family()
        return {each for process in self._left if process.is_running() for each in _with_children(process)}

    def traceback(self) -> str | None:
        """Return the first traceback in its log, with what follows it; vLLM's records have their own, as it likes."""
        lines = self.log.splitlines()
        for number, line in enumerate(lines):
            before, found, _ = line.partition(TRACEBACK)
            if found and not VLLMS.search(before):
                return "\n".join(lines[number : number + SHOWN])
        return None

    @property
    def log(self) -> str:
        """All that it has written so far."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The first process."""
        return self._parent.pid

    def answers(self, path: str) -> bool:
        """Whether a GET is answered with 200 now."""
        try:
            return httpx.get(f"{self.url}{path}", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def wait(self, path: str, patience: float) -> None:
        """Wait until a GET is answered with 200.

        Raises:
            BenchError: it has ended, or takes longer than `patience` seconds.
        """

        def answers() -> bool:
            self.check()
            return self.answers(path)

        until(answers, patience, f"{self.name} answers {path}")


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def until(condition: Callable[[], bool], patience: float, what: str) -> None:
    """Wait until a condition holds.

    Raises:
        BenchError: it does not within `patience` seconds.
    """
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise BenchError(f"not within {patience:g} s: {what}")
        time.sleep(PULSE)


class Site:
    """Makes the services of a part; their logs and temporary files are in folders of the part's own.

    Args:
        logs: where logs go.
        scratch: what they have as TMPDIR.
    """

    def __init__(self, logs: Path, scratch: Path) -> None:
        self._logs = logs
        self._scratch = scratch
        self._launched = 0

    def engine(self, pause: float = 0.0, port: int | None = None) -> Service:
        """Make an engine without a model."""
        return self._service("engine", (sys.executable, "-m", "hardening.engine", "--pause", str(pause)), {}, port)

    def worker(
        self, platform: str, flags: tuple[str, ...], variables: Mapping[str, str] | None = None, port: int | None = None
    ) -> Service:
        """Make a worker.

        Args:
            platform: whose.
            flags: what it serves; see `model_flags`.
            variables: besides those that the platform cannot do without.
            port: any that is free unless given.
        """
        environment = {**FOR_PLATFORM.get(platform, {}), **(variables or {})}
        return self._service(f"{platform} worker", command(platform, flags), environment, port)

    def gateway(self, database: Path, options: tuple[str, ...] = (), port: int | None = None) -> Service:
        """Make a gateway; whatever workers it starts have no variables but the usual ones."""
        places = ("--endpoint-id", ENDPOINT, "--db", str(database))
        return self._service("gateway", (DRAGOMAN_COMMAND, "gateway", *places, *options), {VARIABLE: ""}, port)

    def _service(
        self, name: str, words: tuple[str, ...], variables: Mapping[str, str], port: int | None = None
    ) -> Service:
        self._launched += 1
        log = self._logs / f"{self._launched:03} {name}.log"
        usual = {"TMPDIR": str(self._scratch), "VLLM_NO_USAGE_STATS": "1", "DRAGOMAN_LOG_FORMAT": "human"}
        environment = {**usual, **variables}
        return Service(name, words, environment, log, port)


def command(platform: str, flags: tuple[str, ...]) -> tuple[str, ...]:
    """Name what starts a worker, but for its address."""
    return (DRAGOMAN_COMMAND, "serve", "--platform", platform, *flags)


def worker_line(platform: str, flags: tuple[str, ...]) -> str:
    """The same as a line for ``dragoman gateway --worker``."""
    return shlex.join((*command(platform, flags), "--host", HOST, "--port", "0"))


def model_flags(platform: str) -> tuple[str, ...]:
    """Name the flags with which a worker serves the bundled model by vLLM."""
    own = () if platform == "plain" else bundled_flags(str(MINI))
    return ("--model", str(MINI), "--served-model-name", MODEL, *own, *shared_flags())


def remote_flags(engine: Service) -> tuple[str, ...]:
    """Name the flags with which a worker has another server generate."""
    return ("--engine-url", engine.url)


@contextmanager
def clean_environment() -> Iterator[None]:
    """Hide variables from all processes of a run that would set something in a worker."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
