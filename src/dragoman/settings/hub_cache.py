"""The directory in which huggingface_hub keeps what it has downloaded."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

MAIN = "main"


def hub_directory(environment: Mapping[str, str]) -> Path:
    """Return where huggingface_hub looks with this environment, as its documentation has it."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environment.get(variable):
            return Path(environment[variable])
    caches = environment.get("XDG_CACHE_HOME") or os.path.join(environment.get("HOME", "~"), ".cache")
    home = environment.get("HF_HOME") or os.path.join(caches, "huggingface")
    # Unlike pathlib's, it takes a user without a home as it is.
    return Path(os.path.expanduser(home)) / "hub"


def snapshot(hub: Path, name: str, revision: str | None) -> Path | None:
    """Return the directory of a repository's files at a revision (a branch, a tag or a commit); None if not there.

    The platform that fills the cache may write the repository's name in small letters. Without a revision it is the
    main branch, or else the newest snapshot that there is.
    """
    for spelling in dict.fromkeys((name, name.lower())):
        repository = hub / ("models--" + spelling.replace("/", "--"))
        for candidate in _candidates(repository, revision):
            if candidate.is_dir():
                return candidate
    return None


def _candidates(repository: Path, revision: str | None) -> Iterator[Path]:
    snapshots = repository / "snapshots"
    commit = _commit(repository, revision or MAIN)
    if commit:
        yield snapshots / commit
    elif revision:
        yield snapshots / revision
    elif snapshots.is_dir():
        yield from sorted(snapshots.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[:1]


def _commit(repository: Path, revision: str) -> str | None:
    try:
        return (repository / "refs" / revision).read_text().strip() or None
    except (OSError, ValueError):
        return None
