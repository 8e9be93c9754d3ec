"""The platforms, and how the settings of a worker are found on the one that it runs on."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dragoman.platforms.base import Platform, Surroundings
from dragoman.platforms.datarobot.settings import PLATFORM as DATAROBOT
from dragoman.platforms.lmi.settings import PLATFORM as LMI
from dragoman.platforms.plain.settings import PLATFORM as PLAIN
from dragoman.platforms.runpod.settings import PLATFORM as RUNPOD
from dragoman.settings import keys
from dragoman.settings.assignments import Assignment, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.processes import process_rule, process_variables
from dragoman.settings.resolution import Resolution, merge, settle
from dragoman.settings.retired import RULES
from dragoman.settings.sources import CommandLine, Defaults, Variables
from dragoman.settings.tuning import tuning
from dragoman.settings.tuning.variables import machine_variables
from dragoman.settings.worker import load_catalogue, spell

__all__ = ["PLATFORMS", "Platform", "Surroundings", "catalogue_of", "resolve"]

PLATFORMS: tuple[Platform, ...] = (RUNPOD, LMI, DATAROBOT, PLAIN)


def resolve(arguments: Sequence[str], environment: Mapping[str, str]) -> Resolution:
    """Return every setting of the worker that this command line and environment describe.

    It never raises for a user's mistake: the mistakes are the resolution's errors.
    """
    common = load_catalogue([platform.name for platform in PLATFORMS])
    first = settle(common, (CommandLine(arguments), Variables(environment)))
    surroundings = Surroundings(arguments, environment, _directory(first, "model_dir"), _directory(first, "code_dir"))
    requested = first["platform"].value if "platform" in first else "auto"
    evidence = _evidence(surroundings) if requested == "auto" else {requested: "chosen"}
    platform = next((platform for platform in PLATFORMS if platform.name in evidence), PLAIN)
    detected = Assignment("platform", platform.name, _reason(platform, evidence))
    detection = Defaults(lambda above: [] if "platform" in above else [detected])
    return merge(
        platform.name,
        catalogue_of(platform),
        (*platform.sources(surroundings), detection),
        environment,
        problems=tuple(_conflict(evidence)),
        rules=(*keys.RULES, *platform.rules, *RULES, tuning, process_rule),
        environ=lambda settled, own: _environ(platform, settled, own),
    )


def catalogue_of(platform: Platform) -> Catalogue:
    """Return the catalogue with the platform's own settings, and its own names for the others."""
    common = load_catalogue([each.name for each in PLATFORMS])
    return common.with_settings(*map(spell, platform.settings)).with_variables(platform.variables)


def _environ(
    platform: Platform, settled: Mapping[str, Settled], environment: Mapping[str, str]
) -> Mapping[str, str | None]:
    """Return the variables that the worker's processes shall have; None for those that they shall not."""
    variables = {
        **machine_variables(settled, environment),
        **process_variables(settled, environment),
        **platform.environ(settled, environment),
    }
    return {**variables, **keys.spent({**environment, **variables})}


def _directory(settled: Mapping[str, Settled], name: str) -> Path | None:
    return Path(settled[name].value) if name in settled else None


def _evidence(surroundings: Surroundings) -> dict[str, str]:
    """Return the platforms that this may be, each with the evidence."""
    found = ((each.name, each.detect(surroundings.environment, surroundings.model_dir)) for each in PLATFORMS)
    return {name: evidence for name, evidence in found if evidence is not None}


def _reason(platform: Platform, evidence: Mapping[str, str]) -> str:
    return f"detected: {evidence.get(platform.name, 'nothing names another platform')}"


def _conflict(evidence: Mapping[str, str]) -> Iterator[str]:
    if len(evidence) > 1:
        named = " and ".join(f"{name} ({reason})" for name, reason in evidence.items())
        yield f"platform: this could be {named}; choose one with --platform"
