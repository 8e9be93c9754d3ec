"""Plans, made as the command makes them."""

from collections.abc import Mapping

from dragoman.planning.plan import Plan, plan
from dragoman.planning.request import request, resolved


def planned(*arguments: str, environment: Mapping[str, str] | None = None) -> Plan:
    """Returns the plan for a command line without mistakes."""
    asked = request(arguments)
    here = {"HOME": "/nowhere", **(environment or {})}
    resolution = resolved(asked, here)
    assert not resolution.errors
    return plan(asked, resolution, here)
