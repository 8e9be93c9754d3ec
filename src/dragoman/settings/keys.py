"""The keys that open the worker: those in a file, and what is wrong with how they are handed over."""

import stat
from collections.abc import Container, Iterator
from pathlib import Path

from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.sources import CommandLine
from dragoman.settings.view import View

KEYS, FILE = "api_key", "api_key_file"
COMMENT = "#"
# Of a file that is no list of keys, no more is read.
LARGEST = 2**20

# The doorman has read them, and no other process needs them.
_SPENT = ("DRAGOMAN_API_KEY", "VLLM_API_KEY")
# What says the same as a flag, and is seen by nobody else.
_VARIABLES = {KEYS: _SPENT[0], "hf_token": "HF_TOKEN"}


def keys_in_file(view: View) -> Iterator[Outcome]:
    """Add the keys in the file to those that are set otherwise; each of them opens the worker."""
    file = view.settled(FILE)
    if file is None:
        return
    path = Path(file.value)
    try:
        found = read(path)
        exposed = path.stat().st_mode & stat.S_IROTH
    except (OSError, ValueError) as problem:
        yield Remark(f"{view.cite(FILE)}: {getattr(problem, 'strerror', None) or problem}", fatal=True)
        return
    if exposed:
        yield Remark(f"{view.cite(FILE)} can be read by every user of the machine: chmod o-r it")
    others = view.settled(KEYS)
    source = f"{path} and {others.source}" if others else str(path)
    rank = min(file.rank, others.rank) if others else file.rank
    yield Change(KEYS, [*found, *(others.value if others else ())], source, rank)


def read(path: Path) -> list[str]:
    """Return the keys in a file: one a line, without empty lines and those that begin with #.

    Raises OSError where it cannot be read, and ValueError where there is no key in it or something else.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("it is too large for a list of keys")
    try:
        lines = [line.strip() for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    for number, line in enumerate(lines, 1):
        if not line.startswith(COMMENT) and len(line.split()) > 1:
            raise ValueError(f"line {number} holds more than a key")
    keys = [line for line in lines if line and not line.startswith(COMMENT)]
    if not keys:
        raise ValueError("there is no key in it")
    return keys


def seen_by_all(view: View) -> Iterator[Outcome]:
    """Look for secrets on the command line, which every user of the machine can read."""
    for name, variable in _VARIABLES.items():
        settled = view.settled(name)
        if settled and isinstance(view.source(settled), CommandLine):
            yield Remark(f"{view.cite(name)} can be seen by every user of the machine: set {variable} instead")


def spent(variables: Container[str]) -> dict[str, str | None]:
    """Return what keeps the keys from the worker's processes: each of the variables that holds some, with None."""
    return {name: None for name in _SPENT if name in variables}


# What a file adds has the rank of the flag that names it, but is not on the command line.
RULES = (seen_by_all, keys_in_file)
