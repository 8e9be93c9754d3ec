"""What earlier starts left for the next one."""

import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dragoman.diagnosis.findings import Finding, advice, fine
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import GIB, counted, gib
from dragoman.settings.tuning.caches import PLAN, ROOT

COMPILED = ("torch_compile_cache", "inductor", "triton")
PLANS = "startup_plan"
LARGE = 20 * GIB
# Counting goes no further: a directory on a network may have very many.
MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Caches:
    """What is in vLLM's cache.

    Args:
        root: where it is; None where vLLM runs elsewhere.
        temporary: whether it is among temporary files.
        graphs: compiled models.
        size: bytes of what was compiled.
        plans: measured sizes of KV caches.
    """

    root: str | None
    temporary: bool = False
    graphs: int = 0
    size: int = 0
    plans: int = 0


def look(subject: Subject) -> Caches:
    """Count what is there."""
    chosen = subject.value(ROOT)
    if not subject.has_engine or not chosen:
        return Caches(None)
    root = Path(chosen).expanduser()
    graphs = root / COMPILED[0]
    return Caches(
        str(root),
        root.is_relative_to(_temporary()),
        len([each for each in graphs.iterdir() if each.is_dir()]) if graphs.is_dir() else 0,
        sum(_size(root / name) for name in COMPILED),
        len(list(root.glob(f"*{PLANS}*/*"))),
    )


def compiled(subject: Subject, found: Caches) -> Iterator[Finding]:
    """Whether the next start finds what this one compiles."""
    if found.root is None:
        yield fine("nothing is compiled here")
    elif found.temporary:
        what = f"vLLM's cache is among temporary files: {found.root}"
        why = "A start after a reboot or in a new container compiles everything again."
        # Else the worker would have put it there.
        yield advice(what, why, "docker run --volume dragoman-cache:/cache --env VLLM_CACHE_ROOT=/cache …")
    elif found.size > LARGE:
        what = f"{gib(found.size)} have been compiled for {counted(found.graphs, 'configuration')} in {found.root}"
        why = "Nothing removes what no configuration uses any more."
        yield advice(what, why, f"rm -rf {shlex.quote(found.root)}/{COMPILED[0]}")
    else:
        graphs = counted(found.graphs, "configuration")
        yield fine(f"{gib(found.size)} are compiled already, for {graphs}, in {found.root}")


def plans(subject: Subject, found: Caches) -> Iterator[Finding]:
    """Whether the size of a GPU's KV cache is known from an earlier start."""
    if not subject.value(PLAN):
        yield fine("no KV cache is measured on a GPU")
    else:
        yield fine(f"measured sizes of KV caches: {found.plans}")


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return Path("/tmp")  # noqa: S108  # only compared


def _size(directory: Path) -> int:
    total = 0
    for count, path in enumerate(directory.rglob("*")):
        if count > MOST_FILES:
            break
        total += path.lstat().st_size
    return total


TOPIC = Topic(
    "vLLM's cache",
    look,
    (
        Check("compiled", "What has been compiled, where, how large it is and whether it lasts.", compiled),
        Check("startup-plan", "Whether the size of a GPU's KV cache is known from an earlier start.", plans),
    ),
)
