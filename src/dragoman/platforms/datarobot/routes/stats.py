"""/stats/: the memory of the machine, of the container and of the worker's processes."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
from starlette.responses import Response

from dragoman.cgroups import ContainerMemory, container_memory
from dragoman.platforms.datarobot.routes.documents import document

Json = dict[str, Any]

MB = 1024 * 1024
# DRUM measures only when it is asked to by a flag of its own.
NO_TIMES = {"run_predictor_total": dict.fromkeys(("min", "max", "avg", "total"))}


def stats() -> Response:
    """Figures in MiB, about this process and those that it started."""
    processes = list(_processes())
    rss = sum(process["mem"] for process in processes)
    memory = {**_memory(container_memory()), "drum_rss": rss}
    return document({"mem_info": memory, "drum_info": processes, "time_info": NO_TIMES})


def _memory(container: ContainerMemory | None) -> Json:
    """The machine's memory; what of it is left is for the container to say where that has a limit."""
    machine = psutil.virtual_memory()
    limit = container and container.limit
    left = limit - container.used if container and limit else None
    return {
        "total": machine.total / MB,
        "avail": (machine.available if left is None else left) / MB,
        "free": (machine.free if left is None else left) / MB,
        "container_limit": limit and limit / MB,
        "container_max_used": container and container.most_used and container.most_used / MB,
        "container_used": container and container.used / MB,
    }


def _processes() -> Iterator[Json]:
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        # A process may end at any time.
        with suppress(psutil.NoSuchProcess), process.oneshot():
            yield {
                "pid": process.pid,
                # The program alone: arguments may hold keys.
                "cmdline": process.cmdline()[:1],
                "mem": process.memory_info().rss / MB,
                "cpu_percent": _cpu_percent(process),
            }


def _cpu_percent(process: psutil.Process) -> float:
    """How much of a core the process has used since it began."""
    times = process.cpu_times()
    age = max(time.time() - process.create_time(), 1)
    return round(100 * (times.user + times.system) / age, 1)
