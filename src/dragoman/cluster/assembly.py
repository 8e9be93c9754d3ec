"""The front put together from the settings."""

import aiohttp
from starlette.types import ASGIApp

from dragoman.cluster.front import Front
from dragoman.cluster.manners import Manners
from dragoman.serving.entrance.limited import limited_bodies, limited_heads
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.observing.observed import Observed
from dragoman.settings.resolution import Resolution


def front(
    resolution: Resolution, http: aiohttp.ClientSession, wanted: int, lifecycle: Lifecycle
) -> tuple[Front, ASGIApp]:
    """The front of a configuration, and the application around it.

    That gives each request the name under which the replica knows it too, and limits what one request may be.

    Args:
        resolution: settings without errors.
        http: what connects to replicas.
        wanted: how many replicas there are to be, at least.
        lifecycle: where the cluster is in its life.
    """
    manners = Manners.of(resolution)
    passing = Front(http, wanted, lifecycle, manners)
    bodies = limited_bodies(passing, resolution.value("max_body_size"), manners.refuse)
    heads = limited_heads(bodies, resolution.value("max_header_size"), manners.refuse)
    return passing, Observed(heads, id_headers=manners.id_headers)
