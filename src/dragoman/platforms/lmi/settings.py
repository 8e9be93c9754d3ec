"""Where settings come from in an LMI container, and what follows from them there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from dragoman.platforms.base import Platform, Surroundings
from dragoman.platforms.lmi.configuration import naming
from dragoman.platforms.lmi.configuration.address import InferenceAddress
from dragoman.platforms.lmi.configuration.catalogue import SETTINGS
from dragoman.platforms.lmi.configuration.detection import detect
from dragoman.platforms.lmi.configuration.entries import OPTION_VARIABLE, SERVER_VARIABLE
from dragoman.platforms.lmi.configuration.environment import environ
from dragoman.platforms.lmi.configuration.identity import Identity, identify, store_directory
from dragoman.platforms.lmi.configuration.origins import DEFAULT
from dragoman.platforms.lmi.configuration.properties import LocalProperties, RemoteProperties
from dragoman.platforms.lmi.configuration.rules import RULES
from dragoman.platforms.lmi.configuration.slips import Slips
from dragoman.platforms.lmi.configuration.variable_sources import Family, SageMaker, ServerVariables, Translated
from dragoman.platforms.lmi.configuration.variables import ARGUMENT_VARIABLE, RAW_ARGUMENTS, own, telling
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.written import TARGET
from dragoman.settings.assignments import Assignment, Settled, Source
from dragoman.settings.sources import CommandLine, ConfigFile, Defaults, RawArguments, Variables

# SageMaker asks for this port, and kills a container 30 seconds after it has asked it to end.
PORT, GRACE_PERIOD = 8080, 25


def sources(surroundings: Surroundings) -> Sequence[Source]:
    """Return the sources, the strongest first."""
    environment = telling(surroundings.environment)
    identity = identify(environment, surroundings.model_dir)
    return (
        CommandLine(surroundings.arguments),
        RawArguments(RAW_ARGUMENTS, environment),
        Variables(own(environment)),
        SageMaker(environment),
        naming.Names(identity, environment),
        ServerVariables(environment),
        *_files(identity, environment),
        Family(OPTION_VARIABLE, environment),
        Family(ARGUMENT_VARIABLE, environment),
        Family(SERVER_VARIABLE, environment),
        InferenceAddress(environment),
        Translated(environment),
        Slips(environment),
        ConfigFile(),
        Defaults(naming.own_model(identity)),
        naming.NoModel(identity, store_directory(environment, surroundings.model_dir)),
        Defaults(naming.served_names),
        Defaults(container),
    )


def _files(identity: Identity, environment: Mapping[str, str]) -> Iterator[Source]:
    found = identity.registration
    if found.directory:
        yield LocalProperties(found.directory)
    if found.remote:
        yield RemoteProperties(found.remote, environment)


def container(above: Mapping[str, Settled]) -> Iterator[Assignment]:
    """Listen and end as a container on SageMaker."""
    yield Assignment("port", PORT, DEFAULT)
    yield Assignment("grace_period", GRACE_PERIOD, DEFAULT)


PLATFORM = Platform(
    name="lmi",
    detect=detect,
    sources=sources,
    target=TARGET,
    settings=SETTINGS,
    variables={"api_key": ("DRAGOMAN_API_KEY", "VLLM_API_KEY")},
    rules=RULES,
    hands_down=tuple(field.name for field in fields(Options)),
    environ=environ,
    guard="SageMaker",
)
