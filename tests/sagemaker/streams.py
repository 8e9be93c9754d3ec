"""Readers of a worker's streams as clients write them: the bytes come in parts that end anywhere."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Json = dict[str, Any]


class Lines:
    """Reads a stream of lines, each a JSON object; blank ones are passed over."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> Iterator[Json]:
        """The objects whose lines end with this part."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        yield from (json.loads(line) for line in lines if line.strip())

    def close(self) -> None:
        """Fails where the stream broke off within a line."""
        assert not self._rest, self._rest


class Events:
    """Reads a stream of server-sent events, each a JSON object, up to ``[DONE]``, which a stream may have."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self.done = False

    def feed(self, part: bytes) -> Iterator[Json]:
        """The objects whose events end with this part."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            yield from self._line(line)

    def _line(self, line: bytes) -> Iterator[Json]:
        if line:
            assert line.startswith(b"data:"), line
            assert not self.done, line
            self._data.append(line.removeprefix(b"data:").removeprefix(b" "))
            return
        data, self._data = b"\n".join(self._data), []
        if data == b"[DONE]":
            self.done = True
        elif data:
            yield json.loads(data)

    def close(self) -> None:
        """Fails where the stream broke off within an event."""
        assert not self._rest, self._rest
        assert not self._data, self._data


def read(parts: Iterable[bytes], reader: Callable[[], Lines | Events] = Lines) -> list[Json]:
    """All that a stream says."""
    reading = reader()
    said = [each for part in parts for each in reading.feed(part)]
    reading.close()
    return said
