"""engine_config.json in the code directory: flags for vLLM, which beat everything but the command line."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dragoman.platforms.datarobot.configuration.files import Unreadable, is_there, json_object, reason
from dragoman.settings import retired
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue, vllm_flags
from dragoman.settings.command_line import looks_like_flag, read_command_line, split_flag
from dragoman.settings.values import Value, quote
from dragoman.settings.worker import CONSUMED

FILE = "engine_config.json"
KEY = "args"

# DRUM's vLLM has a port of its own; what is said about it is no word about the worker's.
_ELSEWHERE = CONSUMED - {"config", "api_key"}


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The file in a directory."""

    directory: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the file; one that cannot be read or that does not conform to the schema is an error."""
        path = self.directory / FILE
        try:
            tokens = arguments(path)
        except Unreadable as problem:
            return Reading(errors=(f"{path}: {reason(problem)}",))
        flags = of_vllm(catalogue)
        if joined := tuple(_joined(tokens, flags)):
            return Reading(errors=tuple(f"{path}: {problem}" for problem in joined))
        reading = read_command_line(tokens, flags, str(path))
        placed = tuple(_placed(reading.assignments, tokens, flags, path))
        return Reading(
            tuple(each for each in placed if each.name not in _ELSEWHERE),
            warnings=tuple(_remark(each) for each in placed if each.name in _ELSEWHERE),
            errors=reading.errors,
        )


def arguments(path: Path) -> list[str]:
    """Return the file's flags; none where there is no file.

    Raises OSError where it cannot be read, and ValueError where it is not an object with a list of text in `args`.
    """
    if not is_there(path):
        return []
    held = json_object(path)
    if strange := sorted(held.keys() - {KEY}):
        raise ValueError(f"{', '.join(map(repr, strange))}: the only key that there is is {KEY!r}")
    tokens = held.get(KEY, [])
    if not isinstance(tokens, list):
        raise ValueError(f"{KEY} is {_shown(tokens)}, not a list")
    return [_text(token, index) for index, token in enumerate(tokens)]


def _text(token: Value, index: int) -> str:
    if isinstance(token, str):
        return token
    if isinstance(token, int | float) and not isinstance(token, bool):
        return str(token)
    raise ValueError(f"{KEY}[{index}] is {_shown(token)}, not text")


def _shown(value: Value) -> str:
    return json.dumps(value) if value is None or isinstance(value, bool) else quote(value)


def _joined(tokens: Sequence[str], flags: Catalogue) -> Iterator[str]:
    """Yield what is wrong with elements that hold a flag and its value, as a shell would take them apart."""
    for index, token in enumerate(tokens):
        flag, gap, _ = token.strip().partition(" ")
        if gap and flag in flags.flags:
            yield f"{KEY}[{index}] begins with {flag} and goes on: flag and value are two elements"


def of_vllm(catalogue: Catalogue) -> Catalogue:
    """Return the settings that vLLM has, or had."""
    names = vllm_flags()["options"].keys() | {setting.name for setting in retired.SETTINGS}
    return Catalogue(setting for setting in catalogue if setting.name in names)


def _placed(
    assignments: Sequence[Assignment], tokens: Sequence[str], flags: Catalogue, path: Path
) -> Iterator[Assignment]:
    """Yield the assignments with the place of their flag in the list as the source."""
    places = defaultdict[str, list[int]](list)
    for index, token in enumerate(tokens):
        name = split_flag(token)[0].partition(".")[0]
        if looks_like_flag(token) and name in flags.flags:
            places[flags.flags[name][0].name].append(index)
    for each in assignments:
        found = places[each.name]
        index = found.pop(0) if len(found) > 1 else found[0] if found else tokens.index(str(each.raw))
        yield replace(each, source=f"{path} {KEY}[{index}]")


def _remark(assignment: Assignment) -> str:
    return f"{assignment.name} is ignored: the engine has no port of its own here ({assignment.source})"
