"""What the processes below the doorman say, as lines of the worker's log."""

import re
import time
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import orjson

from dragoman.logs import HUMAN_BEGINS, JSON_BEGINS, json_line
from dragoman.process.output import Heed, Output, unheeded

ENGINE = "engine"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# How vLLM begins each line of a record, and how it ends all but the last one.
VLLM = re.compile(
    r"(?P<head>[^(]{0,64}\((?P<process>[^()]+) pid=(?P<pid>\d+)\) (?P<level>[A-Z]+) \d\d-\d\d \d\d:\d\d:\d\d"
    r" \[(?P<source>[^\]]+)\]) ?(?P<message>.*)"
)
GOES_ON = "\r"
# vLLM puts a word before the id, the number of the prompt behind that of a completion, and, where it names the request
# as EngineCore knows it, eight random digits behind both.
REQUEST = re.compile(
    r"\b[Rr](?:equest|equest\(s\)|esponse) (?:cmpl-(\S+?)-\d+|[a-z]+-(\S+?))(?:-[0-9a-f]{8}(?=\.$))?[:.]?(?=\s|$)"
)
TRACEBACK = "Traceback (most recent call last):"
BEGINS = (TRACEBACK, "During handling of the above exception", "The above exception was the direct cause")
LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL", "TRACE": "DEBUG", "TIP": "INFO"}
GLOG = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "CRITICAL"}
NAMED = re.compile(r"\W{0,2}(DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)\b")
INITIAL = re.compile(r"\W?(?:rank\d+\]:)?\[?([IWEF])\d{4} ")
WARNING = re.compile(r".*:\d+: \w*Warning: ")
ERROR = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)(?::|$)")


class HumanOutput(Output):
    """Prefixes the engine's lines; the worker's own name their source already."""

    def __init__(self, to: TextIO | None = None, heed: Heed = unheeded) -> None:
        super().__init__(f"{ENGINE} | ", to, heed)

    def shown(self, line: str) -> Iterable[str]:
        """The line as it is shown."""
        return self.said(line) if line.startswith(HUMAN_BEGINS) else super().shown(line)


class JsonOutput(Output):
    """Makes one object of each record of vLLM's, of each traceback and of each other line."""

    def __init__(self, to: TextIO | None = None, heed: Heed = unheeded) -> None:
        super().__init__("", to, heed)
        self._record: dict[str, Any] | None = None
        self._head = ""
        self._traceback: list[str] = []

    def shown(self, line: str) -> Iterator[str]:
        """The objects that are complete with this line."""
        goes_on, line = line.endswith(GOES_ON), COLOUR.sub("", line.rstrip())
        if line.startswith(JSON_BEGINS):
            yield line
        elif found := VLLM.fullmatch(line):
            yield from self._of_vllm(found, goes_on)
        elif self._traceback or line.startswith(BEGINS):
            yield from self._of_traceback(line)
        elif line:
            yield self._other(line)

    def said(self, line: str) -> Iterable[str]:
        """The words of a line; of one of the worker's own, its message and its traceback."""
        content = _object(line) if line.startswith(JSON_BEGINS) else None
        if content is None:
            return super().said(line)
        return f"{content['message']}\n{content.get('exception', '')}".splitlines()

    def rest(self) -> Iterator[str]:
        """What began and did not end."""
        yield from self._end_record()
        yield from self._end_traceback()

    def _of_vllm(self, found: re.Match[str], goes_on: bool) -> Iterator[str]:
        if self._record is None or found["head"] != self._head:
            yield from self._end_record()
            self._head = found["head"]
            self._record = {**found.groupdict(), "lines": []}
        self._record["lines"].append(found["message"])
        if not goes_on:
            yield from self._end_record()

    def _end_record(self) -> Iterator[str]:
        record, self._record = self._record, None
        if record is not None:
            yield _record_line(record)

    def _of_traceback(self, line: str) -> Iterator[str]:
        """A traceback ends with the line that names the exception: whether another one follows takes time to tell."""
        self._traceback.append(line)
        inside = not line or line.startswith((" ", *BEGINS))
        if not inside:
            yield from self._end_traceback()

    def _end_traceback(self) -> Iterator[str]:
        lines, self._traceback = self._traceback, []
        if lines:
            yield _line("ERROR", lines[-1], {"exception": "\n".join(lines)})

    def _other(self, line: str) -> str:
        content = _object(line)
        if content is None:
            return _line(_level(line), line, {"request_id": _request_id(line)})
        level = str(content.get("level") or content.get("levelname") or "INFO").upper()
        named = content.get("requestId") or content.get("request_id")
        return _line(LEVELS.get(level, level), str(content["message"]), {"request_id": named})


def engine_output(log_format: str, heed: Heed) -> Output:
    """What takes the engine's output.

    Args:
        log_format: ``human`` or ``json``.
        heed: is told each line too.
    """
    return (JsonOutput if log_format == "json" else HumanOutput)(heed=heed)


def _record_line(record: dict[str, Any]) -> str:
    lines = record["lines"]
    begins = next((number for number, line in enumerate(lines) if line.startswith(TRACEBACK)), len(lines))
    message = "\n".join(lines[:begins]).rstrip() or lines[-1]
    fields = {
        "request_id": _request_id(message),
        "pid": int(record["pid"]),
        "process": record["process"],
        "source": record["source"],
        "exception": "\n".join(lines[begins:]) or None,
    }
    return _line(record["level"], message, fields)


def _line(level: str, message: str, fields: dict[str, Any]) -> str:
    return json_line(level, ENGINE, message, fields, time.time())


def _request_id(message: str) -> str | None:
    found = REQUEST.search(message)
    return found and (found[1] or found[2])


def _object(line: str) -> dict[str, Any] | None:
    """What a line of JSON says, such as RunPod's SDK writes them."""
    if not line.startswith("{"):
        return None
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) and "message" in content else None


def _level(line: str) -> str:
    """The level that a line names in one of the usual ways."""
    if named := NAMED.match(line):
        return LEVELS.get(named[1], named[1])
    if initial := INITIAL.match(line):
        return GLOG[initial[1]]
    if WARNING.match(line):
        return "WARNING"
    return "ERROR" if ERROR.match(line) else "INFO"
