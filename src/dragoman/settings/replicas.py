"""Replicas of the worker on a Ray cluster: what asks for them, and what they cannot do."""

import importlib.util
from collections.abc import Iterator

from dragoman.settings.ray_cluster import ADDRESS, INSTALL, RAY
from dragoman.settings.view import View

# Either of them makes a front of `serve`, with replicas behind it.
NAMES = ("replicas", "max_replicas")

# Ray's client, which is on no node of the cluster.
CLIENT = "ray://"


def asked_for(view: View) -> tuple[str, ...]:
    """Return the settings that ask for replicas."""
    return tuple(name for name in NAMES if view.get(name))


def problems(view: View) -> Iterator[str]:
    """Yield what keeps replicas from serving as they were asked to."""
    named = asked_for(view)
    if not named:
        return
    if importlib.util.find_spec(RAY) is None:
        yield f"{view.cite(named[0])} needs Ray: {INSTALL}"
    if str(view.get(ADDRESS, "")).startswith(CLIENT):
        yield f"{view.cite(ADDRESS)}: give that of a head, such as 10.0.0.1:6379"
    if len(named) > 1:
        yield f"{view.cite('replicas')} contradicts {view.cite('max_replicas')}: the number is fixed, or the load's"
    if view.get("nnodes", 1) > 1:
        yield f"{view.cite('nnodes')} contradicts {view.cite(named[0])}: Ray knows the nodes of its cluster"
