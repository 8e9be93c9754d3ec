"""What is examined."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Self

from dragoman.diagnosis.commands import without_secrets
from dragoman.diagnosis.tokens import VARIABLES
from dragoman.machine import count_gpus
from dragoman.platforms import PLATFORMS, catalogue_of
from dragoman.settings.assignments import Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.processes import DEGREES, IN_PROCESS
from dragoman.settings.resolution import Resolution
from dragoman.settings.secrets import credentials, redact
from dragoman.settings.values import Value
from dragoman.settings.view import View


@dataclass(frozen=True, slots=True)
class Places:
    """Where the kernel tells of the machine.

    Args:
        proc: its processes.
        sys: its devices and switches.
        dev: its device files.
        shm: its shared memory.
    """

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    dev: Path = Path("/dev")
    shm: Path = Path("/dev") / "shm"


@dataclass(frozen=True)
class Subject:
    """A worker that has not been started, and the machine under it.

    Args:
        resolution: its settings, with their errors.
        environment: the variables that it was given; those of its processes follow from both.
        arguments: its command line.
        gpus: how many GPUs it would see.
        places: where to look at the machine.
    """

    resolution: Resolution = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    arguments: tuple[str, ...] = field(repr=False)
    gpus: int
    places: Places = Places()

    @classmethod
    def of(cls, resolution: Resolution, environment: Mapping[str, str], arguments: Sequence[str]) -> Self:
        """The worker that these settings describe, on this machine; its GPUs are counted unless their number is set."""
        given = resolution.value("gpus")
        return cls(resolution, environment, tuple(arguments), count_gpus(environment) if given is None else int(given))

    def value(self, name: str) -> Value:
        """Return a setting's value."""
        return self.resolution.value(name)

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of the worker's processes."""
        merged = {**self.environment, **self.resolution.environment}
        return {name: value for name, value in merged.items() if value is not None}

    def command(self, name: str, *flags: str) -> str:
        """Return a command of this program's for this worker, with more flags.

        Secrets are not repeated: the command takes them from the variables of their settings, and the shell refuses it
        where those are not set. It is empty where a secret is in an argument that cannot be left out.
        """
        platform = next(each for each in PLATFORMS if each.name == self.resolution.platform)
        kept, hidden = without_secrets(self.arguments, catalogue_of(platform))
        # vLLM reads this one by itself, so that its setting has no variable.
        variables = [(VARIABLES if each.name == "hf_token" else each.variables)[:1] for each in hidden]
        secrets = [text for each in self.resolution.settings if each.secret for text in credentials(each.value)]
        if not all(variables) or any(redact(argument, secrets) != argument for argument in kept):
            return ""
        given = (f'{each}="${{{each}:?}}"' for each in dict.fromkeys(sum(variables, ())))
        return " ".join([*given, shlex.join(["dragoman", name, *kept, *flags])])

    @property
    def has_engine(self) -> bool:
        """Whether vLLM runs here, not elsewhere."""
        return self.value("engine_url") is None

    @property
    def ranks(self) -> int:
        """How many processes compute for one engine."""
        return prod(self.value(degree) or 1 for degree in DEGREES)

    @property
    def has_workers(self) -> bool:
        """Whether the engine computes in processes of their own."""
        chosen = self.value("distributed_executor_backend") == "mp"
        return chosen or self.ranks > 1 or not (self.gpus or self.value(IN_PROCESS))

    def view(self) -> View:
        """Return what has been set, as rules and checks see it."""
        settings = [setting for setting in self.resolution.settings if setting.is_set]
        settled = {setting.name: [Settled(setting.value, setting.source)] for setting in settings}
        return View(Catalogue(()), settled, self.environment)
