"""Requests drawn from a dialect's OpenAPI document by schemathesis: some as it describes them, some that break it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Err

from hardening.fuzz.dialects import Dialect
from hardening.fuzz.requests import Sent

NOWHERE = "http://host"
TAKEN = frozenset(("method", "url", "headers", "params", "json", "data", "cookies", "files"))
# What schemathesis and requests add of their own.
ADDED = frozenset(("user-agent", "accept-encoding", "accept", "connection", "x-schemathesis-testcaseid"))


def drawn(dialect: Dialect) -> Iterator[SearchStrategy[Sent | None]]:
    """Yield a strategy for each operation, valid and not; None is what HTTP's client libraries refuse to send."""
    schema = schemathesis.openapi.from_dict(dialect.document())
    for result in schema.get_all_operations():
        if isinstance(result, Err):
            raise result.err()
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.POSITIVE or _can_be_wrong(operation):
                yield operation.as_strategy(generation_mode=mode).map(_sent)


def _can_be_wrong(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    return bool(operation.body) or bool(operation.query)


def _sent(case: Case[Any]) -> Sent | None:
    given = {name: value for name, value in case.as_transport_kwargs(base_url=NOWHERE).items() if name in TAKEN}
    try:
        prepared = requests.Request(**given).prepare()
    except (requests.RequestException, ValueError, UnicodeError):
        return None
    where = urlsplit(prepared.url or NOWHERE)
    body: Any = prepared.body or b""
    return Sent(
        method=prepared.method or "GET",
        target=(where.path or "/") + (f"?{where.query}" if where.query else ""),
        headers={name: str(value) for name, value in prepared.headers.items() if name.lower() not in ADDED},
        body=body.encode(errors="surrogatepass") if isinstance(body, str) else bytes(body),
    )
