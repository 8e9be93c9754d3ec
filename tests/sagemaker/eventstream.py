"""Amazon's event stream encoding (application/vnd.amazon.eventstream).

A message is a prelude (its length, the length of its headers and their checksum), headers, a payload and a checksum.
"""

import json
import struct
import zlib

MEDIA_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE_AND_CHECKSUM = 16
_TEXT = 7


def payload_part(payload: bytes) -> bytes:
    """The event that carries a piece of what the model answers."""
    headers = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    return message(headers, payload)


def exception(kind: str, **said: str) -> bytes:
    """What ends a stream that broke off: ``ModelStreamError`` or ``InternalStreamFailure``."""
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return message(headers, json.dumps(said).encode())


def message(headers: dict[str, str], payload: bytes) -> bytes:
    """One message; all its headers are texts."""
    named = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    lengths = struct.pack("!II", len(named) + len(payload) + _PRELUDE_AND_CHECKSUM, len(named))
    checked = lengths + _checksum(lengths) + named + payload
    return checked + _checksum(checked)


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack("!B", len(name)) + name + struct.pack("!BH", _TEXT, len(value)) + value


def _checksum(data: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(data))
