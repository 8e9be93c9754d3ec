"""Where settings come from on DataRobot, and what follows from them there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from dragoman.platforms.base import Platform, Surroundings
from dragoman.platforms.datarobot.configuration import address, code_directory, flags, target
from dragoman.platforms.datarobot.configuration.api_key import api_key
from dragoman.platforms.datarobot.configuration.awaited import awaited
from dragoman.platforms.datarobot.configuration.custom_code import FROM_HOOK, CustomCode
from dragoman.platforms.datarobot.configuration.deployment_config import deployment_config
from dragoman.platforms.datarobot.configuration.engine_config import EngineConfig
from dragoman.platforms.datarobot.configuration.entries import PARAMETER
from dragoman.platforms.datarobot.configuration.environment import RAW_ARGUMENTS, environ
from dragoman.platforms.datarobot.configuration.metadata import Metadata
from dragoman.platforms.datarobot.configuration.model_directory import ModelDirectory, missing_model
from dragoman.platforms.datarobot.configuration.notices import Notices
from dragoman.platforms.datarobot.configuration.parallelism import gpu_defaults
from dragoman.platforms.datarobot.configuration.plain_variables import PlainVariables
from dragoman.platforms.datarobot.configuration.platform_variables import PlatformVariables
from dragoman.platforms.datarobot.configuration.runtime_parameters import RuntimeParameters
from dragoman.platforms.datarobot.configuration.sampling import sampling
from dragoman.platforms.datarobot.configuration.variables import SETTINGS, VARIABLES
from dragoman.platforms.datarobot.options import DEPLOYED, Options
from dragoman.platforms.datarobot.written import TARGET as WRITTEN
from dragoman.settings.assignments import Assignment, Settled, Source
from dragoman.settings.checks import AWAITED
from dragoman.settings.sources import CommandLine, ConfigFile, Defaults, RawArguments

TARGET = "TARGET_NAME"
RULES = (
    code_directory.absolute,
    address.address,
    address.url_prefix,
    target.name,
    target.type_,
    deployment_config,
    api_key,
    missing_model,
    awaited,
    sampling,
)

# The address is that of the drop-in image. Kubernetes kills a container 30 seconds after it has asked it to end, and
# the last 10 of them are for the engine.
_HOST, _PORT, _GRACE_PERIOD = "0.0.0.0", 8080, 15
_DEFAULT = "worker default on DataRobot"


def detect(environment: Mapping[str, str], model_dir: Path | None) -> str | None:
    """Return which variable that only DataRobot has is set."""
    known = (TARGET, *sorted(name for name in environment if name.startswith(PARAMETER)))
    return next((f"variable {name}" for name in known if environment.get(name)), None)


def sources(surroundings: Surroundings) -> Sequence[Source]:
    """Return the sources, the strongest first."""
    environment, directory = surroundings.environment, code_directory.code_directory(surroundings)
    return (
        CommandLine(surroundings.arguments),
        EngineConfig(directory),
        RawArguments(RAW_ARGUMENTS, environment),
        PlatformVariables(environment),
        Defaults(code_directory.default(directory)),
        CustomCode(directory),
        ModelDirectory(directory),
        RuntimeParameters(environment, directory),
        PlainVariables(environment),
        Metadata(directory),
        Notices(directory),
        Defaults(container),
        ConfigFile(),
        Defaults(gpu_defaults(environment)),
    )


def container(above: Mapping[str, Settled]) -> Iterator[Assignment]:
    """Listen, end and call the model as the drop-in environment does."""
    yield Assignment("host", _HOST, _DEFAULT)
    yield Assignment("port", _PORT, _DEFAULT)
    yield Assignment("grace_period", _GRACE_PERIOD, _DEFAULT)
    if "engine_url" not in above:
        yield Assignment("served_model_name", [DEPLOYED], _DEFAULT)


PLATFORM = Platform(
    name="datarobot",
    detect=detect,
    sources=sources,
    target=WRITTEN,
    settings=(*SETTINGS, *flags.SETTINGS, code_directory.SETTING),
    variables=VARIABLES,
    rules=RULES,
    hands_down=(*(field.name for field in fields(Options)), FROM_HOOK, AWAITED),
    environ=environ,
    guard="DataRobot",
)
