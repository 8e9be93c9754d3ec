"""Workers to examine in tests, on machines that are made up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from dragoman.diagnosis.findings import Finding
from dragoman.diagnosis.subject import Places, Subject
from dragoman.platforms import resolve
from tests.settings.resolutions import COMPILER

ALONE = {**COMPILER, "MODEL_NAME": "org/m", "DRAGOMAN_HOST": "localhost", "HOME": "/nobody"}


def subject(*arguments: str, places: Places | None = None, **environment: str) -> Subject:
    """A worker with a model on the hub and no GPUs, unless told otherwise."""
    variables = {**ALONE, **environment}
    line = ("--gpus", "0", *arguments)
    worker = Subject.of(resolve(line, variables), variables, line)
    return replace(worker, places=places) if places else worker


def with_environment(variables: Mapping[str, str], *arguments: str) -> Subject:
    return subject(*arguments, places=None, **variables)


def judged(check: Callable[[Subject, Any], Iterable[Finding]], facts: object, worker: Subject | None = None) -> Finding:
    """The one finding of a check; it fails where there are several."""
    (finding,) = check(worker or subject(), facts)
    return finding
