"""The settings, and the platform that they were read for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.diagnosis.commands import renamed
from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import listed
from dragoman.platforms import PLATFORMS, catalogue_of

# The warning about a variable whose name is a slip of another's.
_SLIP = re.compile(r"variable (\S+) sets nothing; did you mean (\S+)\?")


@dataclass(frozen=True, slots=True)
class Others:
    """What there is of the platforms that were not chosen, by their names.

    Args:
        evidence: what says that this is one of them.
        variables: variables that are set, and read on that platform only.
    """

    evidence: Mapping[str, str]
    variables: Mapping[str, tuple[str, ...]]


def look(subject: Subject) -> Others:
    """Look for signs of the platforms that were not chosen."""
    chosen = subject.resolution.platform
    directory = subject.value("model_dir")
    found = {each.name: each.detect(subject.environment, Path(directory) if directory else None) for each in PLATFORMS}
    read = {each.name: _variables(each.name) for each in PLATFORMS}
    strange = {name: tuple(sorted((names - read[chosen]) & _set(subject))) for name, names in read.items()}
    return Others(
        {name: evidence for name, evidence in found.items() if evidence and name != chosen},
        {name: names for name, names in strange.items() if names},
    )


def settings(subject: Subject, others: Others) -> Iterator[Finding]:
    """Every error that keeps the worker from starting."""
    why = "The worker ends with exit code 2 before it loads anything."
    for error in subject.resolution.errors:
        yield problem(error, why, subject.command("explain"))
    if not subject.resolution.errors:
        yield fine("the settings contradict neither each other nor vLLM")


def warnings(subject: Subject, others: Others) -> Iterator[Finding]:
    """Every warning: names that are slips of others, what vLLM has dropped, what reaches nothing."""
    for warning in subject.resolution.warnings:
        slip = _SLIP.search(warning)
        if slip:
            yield advice(warning, "What was asked for does not happen.", renamed(slip[1], slip[2]))
        else:
            yield advice(warning, "The worker starts all the same.", subject.command("explain"))
    if not subject.resolution.warnings:
        yield fine("every setting and variable has an effect")


def platform(subject: Subject, others: Others) -> Iterator[Finding]:
    """Which platform it is and why, and which other it could be taken for."""
    chosen = next(setting for setting in subject.resolution.settings if setting.name == "platform")
    yield fine(f"the platform is {subject.resolution.platform} ({chosen.source})")
    for name, evidence in others.evidence.items():
        why = f"What only {name} has is not read on {subject.resolution.platform}."
        yield advice(f"{evidence} speaks for the platform {name}", why, subject.command("doctor", "--platform", name))
    for name in others.variables.keys() - others.evidence.keys():
        what = f"{listed(others.variables[name])} set nothing here: only the platform {name} reads them"
        why = f"Nothing else says that this is {name}, so the worker does not speak its language."
        yield advice(what, why, subject.command("doctor", "--platform", name))


def _variables(name: str) -> frozenset[str]:
    platform = next(each for each in PLATFORMS if each.name == name)
    return frozenset(variable for setting in catalogue_of(platform) for variable in setting.variables)


def _set(subject: Subject) -> frozenset[str]:
    return frozenset(name for name, value in subject.environment.items() if value)


TOPIC = Topic(
    "the configuration",
    look,
    (
        Check("settings", "Whether every setting can be right, as `explain` tells it.", settings),
        Check("warnings", "Misspelt variables, settings that vLLM has dropped or that reach nothing.", warnings),
        Check("platform", "Which platform was found and why, and signs of another one.", platform),
    ),
)
