"""The variables by which the worker's processes learn what the settings say about the machine."""

from collections.abc import Mapping

from dragoman.settings.assignments import Settled
from dragoman.settings.tuning import caches
from dragoman.settings.tuning.threads import NAME as THREADS


def machine_variables(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables; `environment` is the worker's own."""
    threads = settled.get(THREADS)
    return {
        **({"OMP_NUM_THREADS": str(threads.value)} if threads else {}),
        **dict(caches.variables(settled, environment)),
    }
