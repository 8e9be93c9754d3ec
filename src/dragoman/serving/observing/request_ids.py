"""The name of a request: the client's own where it is fit for headers and logs, else a new one."""

import re
from collections.abc import Iterable, Sequence
from uuid import uuid4

HEADER = b"x-request-id"
LONGEST = 128
FIT = re.compile(rb"[!-~]{1,%d}" % LONGEST)


def request_id(headers: Iterable[tuple[bytes, bytes]], names: Sequence[bytes] = (HEADER,)) -> str:
    """The id that the first fitting header gives: at most 128 printable ASCII characters; a random one without any.

    Args:
        headers: the request's, their names in lower case.
        names: the headers that may hold it, the strongest first.
    """
    given = {name: value for name, value in headers if name in names and FIT.fullmatch(value)}
    return next((given[name].decode() for name in names if name in given), None) or str(uuid4())
