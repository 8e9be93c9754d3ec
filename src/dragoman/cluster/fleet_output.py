"""What the fleet and the replicas say, as lines of the log in JSON."""

import re
from collections.abc import Iterator

import orjson

from dragoman.process.engine_output import COLOUR, JsonOutput

# How Ray begins each line of a process on a node of its cluster.
RAY = re.compile(r"\((?P<process>[^()]+ pid=\d+(?:, ip=[^()]+)?)\) (?P<line>.*)", re.DOTALL)


class FleetOutput(JsonOutput):
    """Each line of a replica's log says in ``ray`` which of Ray's processes looks after that replica."""

    def shown(self, line: str) -> Iterator[str]:
        """The objects that are complete with this line."""
        found = RAY.fullmatch(COLOUR.sub("", line))
        for shown in super().shown(found["line"] if found else line):
            yield _named(shown, found["process"]) if found else shown


def _named(line: str, process: str) -> str:
    try:
        return orjson.dumps({**orjson.loads(line), "ray": process}).decode()
    except orjson.JSONDecodeError:
        # It was cut off, as long as it is.
        return line
