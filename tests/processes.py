"""Small programs in processes of their own, and what became of them."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

DEADLINE = 60.0


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits until a condition holds."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def program(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Runs code in a new interpreter and, in the end, makes sure that neither it nor a descendant is left."""
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            end_family(process.pid)


def end_family(pid: int) -> None:
    """Kills a process and all its descendants."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        member.kill()


def numbers(process: "subprocess.Popen[str]", count: int) -> list[int]:
    """The numbers that a program prints, one a line."""
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(count)]


def title(process: psutil.Process) -> str:
    """What a process calls itself, or its command; empty where it has ended."""
    try:
        return " ".join(process.cmdline()).strip()
    except psutil.Error:
        return ""
