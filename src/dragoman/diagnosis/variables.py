"""Variables that get in each other's way, or that nobody reads."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dragoman.diagnosis import sources
from dragoman.diagnosis.commands import renamed, unset
from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import listed
from dragoman.platforms import PLATFORMS, catalogue_of
from dragoman.platforms.plain.settings import RAW_ARGUMENTS
from dragoman.settings.suggestions import closest

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
SCHEMES = ("http", "https", "socks4", "socks5", "socks5h")
EXEMPT = ("NO_PROXY", "no_proxy")
# Modules that the worker cannot do without; a directory on PYTHONPATH that has one hides what is installed.
VITAL = ("vllm", "torch", "transformers", "tokenizers", "huggingface_hub", "starlette", "uvicorn", "dragoman")
_PREFIX, _PORT = "VLLM_", "VLLM_PORT"
# What Kubernetes makes of services called vllm or vllm-something.
_KUBERNETES = re.compile(r"VLLM_(.*_)?(SERVICE_(HOST|PORT).*|PORT|PORT_\d+_(TCP|UDP).*)")


@dataclass(frozen=True, slots=True)
class Variables:
    """What is set.

    Args:
        known: the variables that the installed vLLM reads; None where it is not installed.
        shadows: modules on PYTHONPATH that hide installed ones, as paths.
        preloaded: each library of LD_PRELOAD, and whether it is there.
    """

    known: frozenset[str] | None
    shadows: tuple[str, ...]
    preloaded: Mapping[str, bool]


def look(subject: Subject) -> Variables:
    """Read vLLM's list of variables, and look for what PYTHONPATH and LD_PRELOAD name."""
    vllm = sources.directory("vllm")
    known = sources.keys(vllm / "envs.py", "environment_variables") if vllm else None
    libraries = subject.environment.get("LD_PRELOAD", "").replace(":", " ").split()
    return Variables(known, tuple(_shadows(subject.environment)), {name: _is_library(name) for name in libraries})


def unknown(subject: Subject, found: Variables) -> Iterator[Finding]:
    """Variables named like vLLM's that the installed vLLM does not read."""
    platform = next(each for each in PLATFORMS if each.name == subject.resolution.platform)
    read = {RAW_ARGUMENTS, *(variable for setting in catalogue_of(platform) for variable in setting.variables)}
    names = {name for name in subject.environment if name.startswith(_PREFIX) and not _KUBERNETES.fullmatch(name)}
    strange = sorted(names - read - found.known) if found.known else []
    for name in strange:
        guess = closest(name, found.known or ())
        hint = f"; did you mean {guess}?" if guess else ""
        cure = renamed(name, guess) if guess else unset(name)
        yield advice(f"vLLM does not read {name}{hint}", "vLLM ignores it, with no more than a line in its log.", cure)
    if not strange:
        yield fine("vLLM reads every variable that is named like its own")


def service(subject: Subject, found: Variables) -> Iterator[Finding]:
    """A port that Kubernetes made of a service called vllm."""
    if "://" in subject.environment.get(_PORT, ""):
        what = f"{_PORT} is an address: Kubernetes made it of a service called vllm"
        why = "vLLM takes it for the port of its own processes and does not start. In a pod, enableServiceLinks: false."
        yield problem(what, why, f"unset {_PORT}")
    else:
        yield fine(f"{_PORT} is not set by Kubernetes")


def proxies(subject: Subject, found: Variables) -> Iterator[Finding]:
    """Proxies that would also be asked for addresses of this machine."""
    environment = subject.environment
    used = [name for name in PROXIES if environment.get(name)]
    exempt = ",".join(environment.get(name, "") for name in EXEMPT)
    entries = {entry.strip() for entry in exempt.split(",")}
    if not used:
        yield fine("no proxy is set")
    elif entries & {"*", "localhost"} and entries & {"*", "127.0.0.1", "127.0.0.0/8"}:
        yield fine(f"{listed(used)} spares this machine's own addresses")
    else:
        what = f"{listed(used)} is set, and NO_PROXY does not name localhost and 127.0.0.1"
        why = "Programs on this machine, health probes among them, ask the proxy for the worker and do not find it."
        yield advice(what, why, 'export NO_PROXY="${NO_PROXY:+$NO_PROXY,}localhost,127.0.0.1" no_proxy="$NO_PROXY"')
    for name in used:
        if not _is_proxy(environment[name]):
            yield problem(
                f"{name} is no address such as http://host:3128", "No model can be downloaded.", f"unset {name}"
            )


def preloaded(subject: Subject, found: Variables) -> Iterator[Finding]:
    """Libraries in LD_PRELOAD that are not there, an allocator or OpenMP for instance."""
    missing = [name for name, there in found.preloaded.items() if not there]
    for name in missing:
        rest = ":".join(each for each in found.preloaded if each not in missing)
        what = f"LD_PRELOAD names {name}, which is not there"
        why = "Every process starts without it and says so; an allocator or OpenMP that was meant to help does not."
        yield advice(what, why, f"export LD_PRELOAD={shlex.quote(rest)}" if rest else "unset LD_PRELOAD")
    if not missing:
        yield fine(f"LD_PRELOAD names {listed(list(found.preloaded)) or 'nothing'}")


def shadowed(subject: Subject, found: Variables) -> Iterator[Finding]:
    """Directories on PYTHONPATH that hide installed packages."""
    for path in found.shadows:
        why = "Python imports it in place of the installed package."
        yield advice(f"PYTHONPATH leads to {path}", why, "unset PYTHONPATH")
    if not found.shadows:
        yield fine("PYTHONPATH hides no installed package")


def _is_proxy(address: str) -> bool:
    """Whether HTTP clients can use the address, which may do without a scheme."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        return bool(parts.hostname) and parts.port != 0 and parts.scheme in SCHEMES
    except ValueError:
        return False


def _is_library(name: str) -> bool:
    # The loader looks for a bare name in its own directories, and knows what $LIB and $ORIGIN are.
    return "/" not in name or "$" in name or os.path.isfile(name)


def _shadows(environment: Mapping[str, str]) -> Iterator[str]:
    for entry in filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)):
        for module in VITAL:
            path = Path(entry) / module
            installed = sources.directory(module)
            there = os.path.isfile(path / "__init__.py") or os.path.isfile(f"{path}.py")
            if there and not _belongs(path, installed):
                yield str(path)


def _belongs(path: Path, installed: Path | None) -> bool:
    """Whether the path is that of this program itself, which is how a checkout is used without being installed."""
    return path.name == "dragoman" and installed is not None and os.path.realpath(path) == os.path.realpath(installed)


TOPIC = Topic(
    "the variables",
    look,
    (
        Check("vllm-variables", "`VLLM_…` variables that the installed vLLM does not read.", unknown),
        Check("vllm-port", "`VLLM_PORT` as Kubernetes sets it for a service called vllm.", service),
        Check("proxies", "Proxies without `NO_PROXY` for this machine, or that are no addresses.", proxies),
        Check("preload", "Libraries in `LD_PRELOAD`, such as an allocator or OpenMP, that are not there.", preloaded),
        Check("pythonpath", "Modules on `PYTHONPATH` that hide installed packages.", shadowed),
    ),
)
