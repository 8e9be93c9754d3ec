"""What the machine and the model ask for where nobody asks for anything else."""

from collections.abc import Iterator

from dragoman.settings import ray_cluster
from dragoman.settings.footprint import footprint
from dragoman.settings.rules import Outcome
from dragoman.settings.tuning import boot, caches
from dragoman.settings.tuning.cache_memory import cache_memory
from dragoman.settings.tuning.threads import threads
from dragoman.settings.view import View


def tuning(view: View) -> Iterator[Outcome]:
    """Set what follows from the machine, the model and the boot profile; it gives way to everything that was said."""
    if view.get("engine_url"):
        return
    yield from caches.root(view)
    if ray_cluster.on_ray(view) or view.gpus():
        yield from boot.on_gpus(view)
        yield from caches.startup_plan(view)
    else:
        size = footprint(view)
        yield from boot.on_cpu(view, size)
        yield from threads(view, size)
        yield from cache_memory(view, size)
