"""The Helm chart, rendered as `helm template` does."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "dragoman"
RELEASE, NAMESPACE = "qwen", "models"
# Helm's own engine brings threads, which stay out of this process.
HELM = Path(__file__).with_name("helm.py")
NOTES = "NOTES.txt"

Values: TypeAlias = Mapping[str, Any]


class Refused(Exception):  # noqa: N818 - what Helm does
    """Helm's words on values that the chart does not take."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a release consists of: its objects, and what Helm prints."""

    objects: Sequence[dict[str, Any]]
    notes: str

    @property
    def kinds(self) -> list[str]:
        """The objects' kinds, of which there is one each."""
        return [each["kind"] for each in self.objects]

    def __getitem__(self, kind: str) -> dict[str, Any]:
        (one,) = (each for each in self.objects if each["kind"] == kind)
        return one


def render(values: Values) -> Rendered:
    """Render the chart with these values above its own.

    Raises:
        Refused: the chart does not take them.
    """
    answer = _asked(json.dumps([str(CHART), {"values": values, "name": RELEASE, "namespace": NAMESPACE}]))
    if "refused" in answer:
        raise Refused(answer["refused"])
    templates = dict(answer["templates"])
    (notes,) = (templates.pop(name) for name in [*templates] if name.endswith(NOTES))
    objects = [each for text in templates.values() for each in yaml.safe_load_all(text) if each]
    return Rendered(objects, notes)


def linted() -> list[str]:
    """What `helm lint --strict` finds, but for the icon that it recommends."""
    report = _asked(json.dumps([str(CHART), None]))
    found = [message["error"] for message in report["messages"]]
    return [each for each in (*found, *report["errors"]) if each != "icon is recommended"]


def end_helm() -> None:
    """End the process with Helm in it."""
    if _helm.cache_info().currsize:
        _helm().communicate()
        _helm.cache_clear()


@cache
def _helm() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, HELM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@cache
def _asked(request: str) -> Mapping[str, Any]:
    helm = _helm()
    assert helm.stdin is not None
    assert helm.stdout is not None
    print(request, file=helm.stdin, flush=True)
    answer: Mapping[str, Any] = json.loads(helm.stdout.readline())
    return answer
