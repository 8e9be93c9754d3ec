"""Variables with a runtime parameter's bare name, which DataRobot sets beside those in DRUM's encoding."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dragoman.platforms.datarobot.configuration.payloads import plain_value
from dragoman.platforms.datarobot.configuration.runtime_parameters import parameters
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue, Setting

# DataRobot sets parameters with such names in DRUM's encoding only.
_RESERVED = ("DRUM_", "MLOPS_")
_USED = ("engine", "worker")
# The field of a credential, which has a variable of its own.
_FIELD = "apitoken"


@dataclass(frozen=True, slots=True)
class PlainVariables:
    """The bare names of the parameters that set something."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the variables; one whose value cannot be right is a warning, since it may be somebody else's."""
        said = [(each, _problem(catalogue[each.name], each)) for each in self._assignments(catalogue)]
        return Reading(
            tuple(each for each, problem in said if problem is None),
            tuple(problem for _, problem in said if problem is not None),
        )

    def _assignments(self, catalogue: Catalogue) -> Iterator[Assignment]:
        for name, setting in parameters(catalogue).items():
            if setting.use not in _USED or name.startswith(_RESERVED):
                continue
            for variable in self._spellings(name, setting):
                value = plain_value(setting, self.environment[variable])
                yield Assignment(setting.name, value, f"variable {variable}")

    def _spellings(self, name: str, setting: Setting) -> Iterator[str]:
        """Yield the variables that there are; how that of a credential's field is written, is not documented."""
        for variable in sorted(self.environment):
            field = setting.secret and variable.lower().replace("_", "") == name.lower() + _FIELD
            if variable == name or field:
                yield variable


def _problem(setting: Setting, assignment: Assignment) -> str | None:
    """Return why the value cannot be the setting's."""
    try:
        setting.parse(assignment.raw)
    except ValueError as problem:
        reason = "the value cannot be right" if setting.secret else problem
        return f"{assignment.source} is ignored: {reason} ({setting.name})"
    return None
