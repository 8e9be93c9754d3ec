from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.gateway.ledger import Ledger
from dragoman.gateway.terms import Terms


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger, opened at 0 s, under the default terms."""
    ledger = Ledger(tmp_path / "jobs.db", Terms(), now=0)
    yield ledger
    ledger.close()
