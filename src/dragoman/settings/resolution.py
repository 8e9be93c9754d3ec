"""Merge what the sources say, the strongest first, and remember where every value came from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dragoman.settings import checks
from dragoman.settings.assignments import Assignment, Settled, Source
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.engine_arguments import engine_arguments
from dragoman.settings.secrets import credentials, mask, mask_inside, redact
from dragoman.settings.values import Value

VLLM_DEFAULT = "vLLM default"
WORKER_DEFAULT = "worker default"


@dataclass(frozen=True, slots=True)
class ResolvedSetting:
    """A setting's value, where it came from, and what it overrode, the strongest first.

    `flag` is the vLLM flag that the value is passed on with; None where the worker consumes it.
    """

    name: str
    value: Value = field(repr=False)
    source: str
    flag: str | None = None
    overridden: tuple[tuple[Value, str], ...] = field(default=(), repr=False)
    secret: bool = False

    @property
    def is_set(self) -> bool:
        """Whether anything but a plain default says so."""
        return self.source not in (VLLM_DEFAULT, WORKER_DEFAULT)

    def to_json(self) -> dict[str, Any]:
        """Return what may be shown of it."""
        return {
            "name": self.name,
            "value": self._shown(self.value),
            "source": self.source,
            "flag": self.flag,
            "overridden": [{"value": self._shown(value), "source": source} for value, source in self.overridden],
        }

    def _shown(self, value: Value) -> Value:
        return mask(value) if self.secret and value is not None else mask_inside(value)


@dataclass(frozen=True, slots=True)
class Resolution:
    """Every setting, resolved; made once, then handed on.

    `engine_args` holds the real values: pass them to vLLM's parser in the process, never to a command.
    """

    platform: str
    settings: tuple[ResolvedSetting, ...]
    engine_args: tuple[str, ...] = field(repr=False)
    shown_engine_args: tuple[str, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]

    def value(self, name: str) -> Value:
        """Return a setting's value, the default where nothing set it; KeyError for an unknown name."""
        for setting in self.settings:
            if setting.name == name:
                return setting.value
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain data, with every secret as `***`."""
        return {
            "platform": self.platform,
            "settings": [setting.to_json() for setting in self.settings],
            "engine_args": list(self.shown_engine_args),
            "warnings": list(self.warnings),
            "errors": list(self.errors),
        }


def merge(
    platform: str,
    catalogue: Catalogue,
    sources: Sequence[Source],
    environment: Mapping[str, str],
    problems: Sequence[str] = (),
) -> Resolution:
    """Resolve every setting of the catalogue from the sources, the strongest of which comes first.

    `environment` is where the checks look for the GPUs that may be seen, and `problems` are errors found before.
    """
    merger = _Merger(catalogue, sources)
    view = checks.View(catalogue, merger.settings, environment)
    errors = [*problems, *merger.errors, *checks.errors(view)]
    warnings = [*merger.warnings, *checks.warnings(view)]
    return _frozen(platform, catalogue, merger.settings, warnings, errors)


def settle(catalogue: Catalogue, sources: Sequence[Source]) -> dict[str, Settled]:
    """Return what the sources set, without checks and without the problems."""
    return {name: settled[0] for name, settled in _Merger(catalogue, sources).settings.items()}


def _frozen(
    platform: str,
    catalogue: Catalogue,
    settled: Mapping[str, Sequence[Settled]],
    warnings: Iterable[str],
    errors: Iterable[str],
) -> Resolution:
    settings = tuple(_resolved(setting, settled.get(setting.name, ())) for setting in catalogue)
    secrets = {text for setting in settings if setting.secret for text in _every_credential(setting)}
    return Resolution(
        platform=platform,
        settings=settings,
        engine_args=tuple(_engine_arguments(catalogue, settings)),
        shown_engine_args=tuple(_engine_arguments(catalogue, settings, masked=True)),
        warnings=tuple(_lines(warnings, secrets)),
        errors=tuple(_lines(errors, secrets)),
    )


def _lines(problems: Iterable[str], secrets: Iterable[str]) -> Iterable[str]:
    """Return each problem once, on one line, without the secrets."""
    return dict.fromkeys(" ".join(redact(problem, secrets).splitlines()) for problem in problems)


def _resolved(setting: Setting, settled: Sequence[Settled]) -> ResolvedSetting:
    default = WORKER_DEFAULT if setting.use == "worker" else VLLM_DEFAULT
    first, *others = settled or (Settled(setting.default, default),)
    return ResolvedSetting(
        name=setting.name,
        value=first.value,
        source=first.source,
        flag=setting.flag,
        overridden=tuple((other.value, other.source) for other in others),
        secret=setting.secret,
    )


def _every_credential(setting: ResolvedSetting) -> Iterator[str]:
    for value in (setting.value, *(value for value, _ in setting.overridden)):
        yield from credentials(value)


def _engine_arguments(
    catalogue: Catalogue, settings: Iterable[ResolvedSetting], *, masked: bool = False
) -> Iterator[str]:
    for setting in sorted(settings, key=lambda setting: setting.name != "model"):
        if setting.flag and setting.is_set:
            shown = setting.to_json()["value"] if masked else setting.value
            yield from engine_arguments(catalogue[setting.name], shown)


class _Merger:
    """What the sources say; `settings` holds each setting's values, the strongest first."""

    def __init__(self, catalogue: Catalogue, sources: Sequence[Source]) -> None:
        self._catalogue = catalogue
        self.settings: dict[str, list[Settled]] = {}
        self.warnings: list[str] = []
        self.errors: list[str] = []
        for source in sources:
            self._read(source)

    def _read(self, source: Source) -> None:
        reading = source.read(self._catalogue, {name: settled[0] for name, settled in self.settings.items()})
        self.warnings.extend(reading.warnings)
        self.errors.extend(reading.errors)
        for assignment in reversed(reading.assignments):
            self._take(self._catalogue[assignment.name], assignment)

    def _take(self, setting: Setting, assignment: Assignment) -> None:
        try:
            value = setting.parse(assignment.raw)
        except ValueError as problem:
            self._report(setting, assignment, "the value cannot be right" if setting.secret else str(problem))
            return
        if value is None:
            return
        self.settings.setdefault(setting.name, []).append(Settled(value, assignment.source))
        if len(self.settings[setting.name]) == 1:
            self._judge(setting, value, assignment.source)

    def _report(self, setting: Setting, assignment: Assignment, reason: str) -> None:
        problem = f"{setting.name}: {reason} ({assignment.source})"
        if stronger := self.settings.get(setting.name):
            self.warnings.append(f"{problem}, overridden: {stronger[0].source}")
        else:
            self.errors.append(problem)

    def _judge(self, setting: Setting, value: Value, source: str) -> None:
        harmless = value is False or value == setting.default
        if setting.use == "refused" and not harmless:
            self.errors.append(f"{setting.name}: {setting.reason} ({source})")
        elif setting.use == "ignored" and not harmless:
            self.warnings.append(f"{setting.name} is ignored: {setting.reason} ({source})")
        elif setting.deprecated:
            self.warnings.append(f"{setting.name}: vLLM has deprecated this: {setting.help} ({source})")
