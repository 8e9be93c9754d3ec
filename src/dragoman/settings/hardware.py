"""What the machine asks for where nobody asks for anything else."""

from collections.abc import Callable, Iterator, Mapping

from dragoman.machine import count_gpus, has_cpp_compiler
from dragoman.settings.assignments import Assignment, Settled


def hardware_defaults(environment: Mapping[str, str]) -> Callable[[Mapping[str, Settled]], Iterator[Assignment]]:
    """Return the defaults for a machine with this environment.

    torch.compile builds C++ for the CPU, and vLLM's start fails where there is no compiler; eager mode needs none.
    """

    def defaults(above: Mapping[str, Settled]) -> Iterator[Assignment]:
        if {"engine_url", "enforce_eager", "compilation_config"} & set(above) or has_cpp_compiler(environment):
            return
        gpus = above["gpus"].value if "gpus" in above else count_gpus(environment)
        if gpus == 0:
            yield Assignment("enforce_eager", True, "worker default: no C++ compiler (g++) for torch.compile")

    return defaults


def hardware_variables(settled: Mapping[str, Settled]) -> Mapping[str, str]:
    """Return the variables by which the processes learn what the settings say about the machine."""
    threads = settled.get("omp_num_threads")
    return {"OMP_NUM_THREADS": str(threads.value)} if threads else {}
