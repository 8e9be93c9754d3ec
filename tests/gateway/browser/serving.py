"""A gateway for a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp

from dragoman.gateway.app import build
from dragoman.gateway.archive import Archive
from dragoman.gateway.auth import Keys
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.terms import Terms

ENDPOINT = "local"


@asynccontextmanager
async def gateway(database: Path, *keys: str) -> AsyncIterator[ASGIApp]:
    """The gateway with a ledger in a file."""
    terms = Terms()
    async with Archive(database, terms) as archive, Endpoint(archive, terms) as endpoint:
        yield build(endpoint, ENDPOINT, Keys(keys))
