"""The variables of the worker, of DRUM and of the drop-in environment that hold their value as it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dragoman.platforms.datarobot.configuration.entries import PARAMETER
from dragoman.platforms.datarobot.configuration.environment import RAW_ARGUMENTS
from dragoman.platforms.datarobot.configuration.variables import SETTINGS, VARIABLES
from dragoman.settings.assignments import Reading, Settled
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.sources import Variables
from dragoman.settings.worker import PREFIX

_COMMON = ("OMP_NUM_THREADS", "VLLM_CACHE_ROOT", "VLLM_ENABLE_STARTUP_PLAN")
# Those that have another name than the worker's own variables.
NAMES = frozenset(
    name
    for names in (*(setting.variables for setting in SETTINGS), *VARIABLES.values(), _COMMON)
    for name in names
    if not name.startswith((PREFIX, PARAMETER))
)


@dataclass(frozen=True, slots=True)
class PlatformVariables:
    """The variables; on DataRobot, those that carry the name of one of vLLM's flags are somebody else's."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the variables; one that looks like a slip of another is a warning."""
        others = [RAW_ARGUMENTS, *(name for name in self.environment if name.startswith(PARAMETER))]
        return Variables(self.environment, others).read(Catalogue(map(_trimmed, catalogue)), above)


def _trimmed(setting: Setting) -> Setting:
    return replace(setting, variables=tuple(_read(setting)))


def _read(setting: Setting) -> Iterator[str]:
    for variable in setting.variables:
        if variable in NAMES or variable.startswith(PREFIX):
            yield variable
