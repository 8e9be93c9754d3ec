"""What DRUM answers from its first second on, with an engine or without one."""

from collections.abc import Callable, Mapping
from functools import partial

from starlette.responses import Response

from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.health import health
from dragoman.platforms.datarobot.routes.info import capabilities, info
from dragoman.platforms.datarobot.routes.stats import stats
from dragoman.serving.lifecycle import Lifecycle

LIVENESS = ("/", "/ping")
READINESS = "/health"


def standing(lifecycle: Lifecycle, options: Options) -> Mapping[str, Callable[[], Response]]:
    """The answers to GET by their paths, below the prefix and without a slash at the end.

    Args:
        lifecycle: the stage of the worker's life.
        options: what the owner of the model chose.
    """
    probes = dict.fromkeys((*LIVENESS, READINESS), partial(health, lifecycle))
    return {**probes, "/info": partial(info, options), "/capabilities": capabilities, "/stats": stats}
