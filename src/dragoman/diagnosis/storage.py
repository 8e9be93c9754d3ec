"""The directories that the worker keeps things in."""

import os
import pwd
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.model import repository_of
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import GIB, gib
from dragoman.settings.hub_cache import hub_directory
from dragoman.settings.tuning.caches import COMPILERS, ROOT, is_writable

# What vLLM compiles for one model takes some hundred MiB.
LEAST = GIB
# What names the hub's cache itself, the strongest first; without them it is below HF_HOME.
HUB = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory, which need not be there yet.

    Args:
        path: where it is.
        purpose: what it is for.
        variable: what names another one: a variable, or a flag.
        writable: whether files can be made in it.
        executable: whether code can be loaded from it.
        free: bytes that are left there.
        is_hub: whether models are downloaded to it, and nothing is compiled.
    """

    path: str
    purpose: str
    variable: str
    writable: bool
    executable: bool
    free: int
    is_hub: bool = False


@dataclass(frozen=True, slots=True)
class Storage:
    """The directories, and whose they are.

    Args:
        caches: vLLM's, its compilers' and the hub's.
        home: the user's home; None where neither HOME nor the machine names one.
        home_writable: whether files can be made in it.
        uid: the user.
        named: whether the machine knows the user's name, or a variable tells it.
        downloads: whether a model is to be downloaded.
    """

    caches: tuple[Directory, ...]
    home: str | None
    home_writable: bool
    uid: int
    named: bool
    downloads: bool = False


def look(subject: Subject) -> Storage:
    """Look at the directories that the settings and the variables name."""
    variables = subject.variables
    repository = repository_of(subject)
    home = variables.get("HOME") or _home(os.getuid())
    return Storage(
        caches=tuple(_caches(subject)),
        home=home,
        home_writable=home is not None and is_writable(Path(home)),
        uid=os.getuid(),
        named=_home(os.getuid()) is not None or any(map(variables.get, ("LOGNAME", "USER", "LNAME", "USERNAME"))),
        downloads=repository is not None and repository.on_hub and repository.local() is None,
    )


def free_at(path: Path) -> int:
    """Return how many bytes are left where a directory is or would be made; 0 where that cannot be found out."""
    try:
        place = next(each for each in (path, *path.parents) if each.exists())
        size = os.statvfs(place)
    except (OSError, StopIteration):
        return 0
    return size.f_bavail * size.f_frsize


def writable(subject: Subject, storage: Storage) -> Iterator[Finding]:
    """Whether the caches can be written."""
    shut = [each for each in storage.caches if not each.writable]
    for each in shut:
        what = f"{each.path} cannot be written: {each.purpose}"
        told, why = problem, "The engine does not start without it."
        if each.is_hub:
            told = problem if storage.downloads else advice
            why = "No model can be downloaded; those that are there can be read."
        yield told(what, why, _another(subject, each))
    if not shut:
        yield fine("the caches can be written: " + ", ".join(each.path for each in storage.caches))


def executable(subject: Subject, storage: Storage) -> Iterator[Finding]:
    """Whether compiled code can be loaded from the caches."""
    shut = [each for each in storage.caches if not each.executable and not each.is_hub]
    for each in shut:
        what = f"{each.path} is mounted noexec: {each.purpose}"
        why = "Compiled code cannot be loaded from there, so the engine does not start unless nothing is compiled."
        yield problem(what, why, _another(subject, each))
    if not shut:
        yield fine("compiled code can be loaded from the caches")


def space(subject: Subject, storage: Storage) -> Iterator[Finding]:
    """Whether something is left where the caches are."""
    full = [each for each in storage.caches if each.free < LEAST and each.writable]
    for each in full:
        what = f"{each.path} has {gib(each.free)} left: {each.purpose}"
        why = "A full disk ends a start, or has it compile again each time."
        yield advice(what, why, f"df -h {shlex.quote(each.path)}; du -xsh {shlex.quote(each.path)}/*")
    if not full:
        yield fine(
            "there is room where the caches are: " + ", ".join(sorted({gib(each.free) for each in storage.caches}))
        )


def home(subject: Subject, storage: Storage) -> Iterator[Finding]:
    """Whether the user has a home, which platforms that choose any number for a user do not give it."""
    if storage.home is None or not storage.home_writable:
        what = f"user {storage.uid} has no home that it can write" + (f" ({storage.home})" if storage.home else "")
        why = "Libraries that keep something there fail, or warn at each start."
        yield advice(what, why, "export HOME=$(mktemp -d)")
    else:
        yield fine(f"user {storage.uid} has a home: {storage.home}")


def name(subject: Subject, storage: Storage) -> Iterator[Finding]:
    """Whether the user has a name."""
    if storage.named:
        yield fine(f"user {storage.uid} has a name")
    else:
        what = f"the machine has no name for user {storage.uid}"
        why = "Libraries that ask for it fail, torch's debugger and its compiler's default cache among them."
        yield advice(what, why, "export LOGNAME=worker")


def _caches(subject: Subject) -> Iterator[Directory]:
    variables = subject.variables
    if subject.has_engine and (root := subject.value(ROOT)):
        yield _directory(Path(root), "vLLM keeps there what it compiles", _named_by(subject, ROOT, "VLLM_CACHE_ROOT"))
        for name in COMPILERS:
            path = variables.get(name, "")
            if path and not path.startswith(root):
                yield _directory(Path(path), "a compiler keeps there what it makes", name)
    if subject.has_engine:
        chosen = subject.value("download_dir")
        variable = "--download-dir" if chosen else next((name for name in HUB if variables.get(name)), "HF_HOME")
        place = Path(chosen) if chosen else hub_directory(variables)
        yield replace(_directory(place, "models are downloaded to it", variable), is_hub=True)


def _directory(path: Path, purpose: str, variable: str) -> Directory:
    path = Path(os.path.abspath(os.path.expanduser(path)))
    return Directory(str(path), purpose, variable, is_writable(path), is_executable(path), free_at(path))


def _named_by(subject: Subject, name: str, variable: str) -> str:
    """What names another directory in a setting's place: its variable, unless a flag is stronger."""
    source = next(setting.source for setting in subject.resolution.settings if setting.name == name)
    return f"--{name.replace('_', '-')}" if source == "command line" else variable


def _another(subject: Subject, directory: Directory) -> str:
    """The command that has another directory used in place of one."""
    if not directory.variable.startswith("--"):
        return f"export {directory.variable}=$(mktemp -d)"
    command = subject.command("serve", directory.variable)
    return f'{command} "$(mktemp -d)"' if command else ""


def is_executable(path: Path) -> bool:
    """Return whether code can be loaded from where a directory is or would be made."""
    try:
        place = next(each for each in (path, *path.parents) if each.exists())
        return not os.statvfs(place).f_flag & os.ST_NOEXEC
    except (OSError, StopIteration):
        return True


def _home(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_dir
    except KeyError:
        return None


TOPIC = Topic(
    "the directories",
    look,
    (
        Check("caches-writable", "Whether vLLM's cache, its compilers' and the hub's can be written.", writable),
        Check("caches-noexec", "Whether compiled code can be loaded from the caches (`noexec`).", executable),
        Check("caches-room", "Whether there is room where the caches are.", space),
        Check("home", "Whether the user, who may be any number, has a home that it can write.", home),
        Check("user-name", "Whether the machine has a name for the user.", name),
    ),
)
