from collections.abc import Iterable

import pytest

from dragoman.engine.routes import NAMED
from dragoman.platforms.datarobot.routes import application
from dragoman.platforms.datarobot.routes.patterns import PATTERNS
from dragoman.serving.observing.route_names import OTHER, RouteNames
from dragoman.serving.table import Route, Table
from tests.platforms.datarobot.engines import VllmLike
from tests.platforms.datarobot.workers import worker

pytestmark = pytest.mark.anyio


async def test_every_route_has_a_name_of_its_own(engine: VllmLike, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Route] = []

    def table(routes: Iterable[Route]) -> Table:
        rows.extend(routes)
        return Table(rows)

    monkeypatch.setattr(application, "Table", table)
    worker(engine)
    named = RouteNames((*NAMED, *PATTERNS))
    assert rows
    assert [row.pattern for row in rows if named(row.pattern.replace("*", "any")) == OTHER] == []
    theirs = {row.pattern for row in rows}
    assert [pattern for pattern in PATTERNS if pattern not in theirs] == []
