"""What an examination found, for people and for programs."""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragoman.diagnosis.examination import Told
from dragoman.diagnosis.findings import Severity
from dragoman.errors import ConfigurationError
from dragoman.settings.secrets import redact

# What the name of a program stands behind: nothing, another command, or variables that are given to it.
_BEFORE = r'(^|&& |:\?}" )'
ORDER: tuple[Severity, ...] = ("problem", "advice")


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found.

    Args:
        platform: the worker's.
        told: the findings, in the order of their topics.
        misconfigured: whether the settings have errors.
        secrets: texts that are never shown.
    """

    platform: str
    told: Sequence[Told]
    misconfigured: bool
    secrets: Sequence[str] = ()

    @property
    def exit_code(self) -> int:
        """0 without problems, 1 with one, 2 where the settings have errors."""
        if self.misconfigured:
            return ConfigurationError.exit_code
        return int(any(each.finding.severity == "problem" for each in self.told))

    def count(self, severity: Severity) -> int:
        """Return how many findings are of a severity."""
        return sum(each.finding.severity == severity for each in self.told)

    def of(self, severity: Severity) -> Iterator[Told]:
        """Yield the findings of a severity."""
        return (each for each in self.told if each.finding.severity == severity)

    def shown(self, text: str) -> str:
        """Return a text as it may be shown: without secrets."""
        return redact(text, self.secrets)

    def cure(self, told: Told) -> str:
        """Return a finding's command as it can be pasted here: with the paths of programs that the shell does not find.

        It is not masked, as that would make another command of it: cures name variables and paths, never their secrets.
        """
        text = told.finding.cure
        for name, path in _programs():
            text = _placed(text, name, shlex.quote(path))
        return text

    def to_json(self) -> dict[str, Any]:
        """Return the platform and the findings as plain data."""
        findings = [
            {
                "check": each.check,
                "severity": each.finding.severity,
                "what": self.shown(each.finding.what),
                "why": self.shown(each.finding.why),
                "cure": self.cure(each),
            }
            for each in self.told
        ]
        return {"platform": self.platform, "findings": findings}


def _placed(text: str, name: str, path: str) -> str:
    return re.sub(f"{_BEFORE}{name}(?= )", lambda match: match[1] + path, text)


def _programs() -> Iterator[tuple[str, str]]:
    """Yield the programs beside this one's Python that the shell would not find by their names, with their paths."""
    folder = Path(sys.executable).parent
    if str(folder) in os.environ.get("PATH", "").split(os.pathsep):
        return
    for name in ("python", "dragoman", "hf"):
        path = folder / name
        if path.exists():
            yield name, str(path)
