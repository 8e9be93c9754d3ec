"""Who set something: LMI's own files and variables, or somebody who speaks to vLLM directly."""

from dragoman.platforms.lmi.configuration.properties import LocalProperties, RemoteProperties
from dragoman.platforms.lmi.configuration.variable_sources import Family, SageMaker, ServerVariables, Translated
from dragoman.settings.assignments import Settled
from dragoman.settings.view import View

DEFAULT = "worker default on LMI"
# The sources that have LMI's options; all others have vLLM's flags.
_OPTIONS = (LocalProperties, RemoteProperties, Family, SageMaker, ServerVariables, Translated)


def is_option(view: View, settled: Settled) -> bool:
    """Return whether a value comes from LMI's files or variables."""
    return isinstance(view.source(settled), _OPTIONS)
