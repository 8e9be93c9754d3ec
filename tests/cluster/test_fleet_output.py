import io
import json

import pytest

from dragoman.cluster.fleet_output import FleetOutput

OURS = '{"time":"2026-01-01T00:00:00.000Z","level":"INFO","logger":"dragoman","message":"draining"}'
PREFIX = "ServeReplica:dragoman:Replica pid=17, ip=10.0.0.2"


@pytest.mark.parametrize(
    ("line", "level", "message", "ray"),
    [
        (OURS, "INFO", "draining", None),
        (f"({PREFIX}) {OURS}", "INFO", "draining", PREFIX),
        (f"\x1b[36m({PREFIX})\x1b[0m {OURS}", "INFO", "draining", PREFIX),
        (f"({PREFIX}) WARNING: no room", "WARNING", "WARNING: no room", PREFIX),
        ("(autoscaler +3s) no node", "INFO", "(autoscaler +3s) no node", None),
        ("no room", "INFO", "no room", None),
    ],
)
def test_each_line_is_an_object_that_says_where_it_comes_from(
    line: str, level: str, message: str, ray: str | None
) -> None:
    (shown,) = map(json.loads, FleetOutput(io.StringIO()).shown(line))
    assert (shown["level"], shown["message"], shown.get("ray")) == (level, message, ray)
