"""Installs what the worker needs beside a vLLM that is there already, of whose packages none changes.

    python3 install_beside.py pyproject.toml requirements/gpu.txt

What is installed stays at its version, and the rest gets that of the lock; pip refuses where both cannot be had.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from tempfile import TemporaryDirectory


def main(project: Path, lock: Path) -> int:
    """Run pip.

    Args:
        project: the worker's pyproject.toml.
        lock: the versions of what is not installed.

    Returns:
        pip's exit code.
    """
    requirements = tomllib.loads(project.read_text())["project"]["dependencies"]
    with TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        lines = constrained(installed(sys.path), lock.read_text().splitlines())
        constraints.write_text("".join(f"{line}\n" for line in lines))
        pip = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--constraint", str(constraints)]
        return subprocess.run([*pip, *requirements], check=False).returncode


def installed(path: list[str]) -> Iterator[str]:
    """Yield what is installed as requirements, in the order of the path; folders that only look like it have no name.

    Args:
        path: where Python imports from.
    """
    return (f"{found.name}=={found.version}" for found in distributions(path=path) if found.name)


def constrained(there: Iterable[str], locked: Iterable[str]) -> Iterator[str]:
    """Yield the constraints: what is installed, then what the lock has besides.

    Args:
        there: requirements such as `torch==2.13.0`; of two versions Python imports the first.
        locked: the lines of the lock.
    """
    kept: dict[str, str] = {}
    for line in there:
        kept.setdefault(name(line), line)
    yield from kept.values()
    yield from (line for line in locked if "==" in line and name(line) not in kept)


def name(requirement: str) -> str:
    """Return the normalised name of what is required, as PyPI compares names."""
    return re.sub(r"[-_.]+", "-", requirement.partition("==")[0].strip()).lower()


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
