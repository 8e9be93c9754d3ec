"""Load-balancing endpoints, which send HTTP requests to the worker in place of jobs, and what only they can have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.replicas import asked_for
from dragoman.settings.rules import Remark
from dragoman.settings.view import View

# Where a queue's jobs come from; a load-balancing endpoint has no queue.
JOBS = "RUNPOD_WEBHOOK_GET_JOB"


def has_queue(environment: Mapping[str, str]) -> bool:
    """Return whether the worker takes jobs from a queue."""
    return bool(environment.get(JOBS))


@dataclass(frozen=True, slots=True)
class LoadBalancing:
    """The variables that mean something only where there is no queue."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the ports and the key; a queue's worker needs neither, as the platform sees to both."""
        return Reading(() if has_queue(self.environment) else tuple(self._assignments()))

    def _assignments(self) -> Iterator[Assignment]:
        for name, variable in (("port", "PORT"), ("health_port", "PORT_HEALTH"), ("api_key", "VLLM_API_KEY")):
            same = name == "health_port" and self.environment.get("PORT_HEALTH") == self.environment.get("PORT")
            if variable in self.environment and not same:
                yield Assignment(name, self.environment[variable], f"variable {variable}")


def replicas_of_a_queue(view: View) -> Iterator[Remark]:
    """Refuse replicas where a queue gives this worker jobs: each of them would take them in this worker's name."""
    named = asked_for(view)
    if named and has_queue(view.environment):
        yield Remark(
            f"{view.cite(named[0])}: RunPod starts workers by itself, and {JOBS} gives jobs to one", fatal=True
        )
