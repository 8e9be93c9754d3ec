"""Where settings come from on no platform at all."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dragoman.models import MINI
from dragoman.platforms.base import Platform, Surroundings
from dragoman.platforms.plain.written import TARGET
from dragoman.settings.assignments import Assignment, Settled, Source
from dragoman.settings.catalogue import Setting
from dragoman.settings.sources import CommandLine, ConfigFile, Defaults, RawArguments, Variables

RAW_ARGUMENTS = "VLLM_EXTRA_ARGS"
VARIABLES = MappingProxyType({"model": ("MODEL_NAME",), "api_key": ("DRAGOMAN_API_KEY", "VLLM_API_KEY")})
UI = Setting(
    name="ui",
    type="bool",
    kind="paired",
    negative="--no-ui",
    default=True,
    group="Plain",
    help="Whether there is a page at / that tries the model and shows how the worker does.",
)
BUNDLED = MappingProxyType(
    {
        "served_model_name": ["dragoman-mini"],
        "enable_auto_tool_choice": True,
        "tool_call_parser": "hermes",
    }
)


def detect(environment: Mapping[str, str], model_dir: Path | None) -> None:
    """Find no evidence: this is what is left when no other platform has any."""


def sources(surroundings: Surroundings) -> Sequence[Source]:
    """Return the sources, the strongest first."""
    return (
        CommandLine(surroundings.arguments),
        RawArguments(RAW_ARGUMENTS, surroundings.environment),
        Variables(surroundings.environment, others=[RAW_ARGUMENTS]),
        ConfigFile(),
        Defaults(bundled_model),
    )


def bundled_model(above: Mapping[str, Settled]) -> Iterator[Assignment]:
    """Serve the bundled model where no other model and no other engine has been chosen."""
    chosen = above.get("model")
    if "engine_url" in above or (chosen is not None and chosen.value != str(MINI)):
        return
    yield Assignment("model", str(MINI), "worker default: the bundled model")
    for name, value in BUNDLED.items():
        yield Assignment(name, value, "worker default for the bundled model")


PLATFORM = Platform(
    name="plain",
    detect=detect,
    sources=sources,
    target=TARGET,
    settings=(UI,),
    variables=VARIABLES,
    hands_down=(UI.name,),
)
