"""Merge what the sources say, the strongest first, and remember where every value came from."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeAlias

from dragoman.settings import checks
from dragoman.settings.assignments import Assignment, Settled, Source
from dragoman.settings.catalogue import Catalogue, Setting, vllm_flags
from dragoman.settings.engine_arguments import engine_arguments
from dragoman.settings.retired.values import turn
from dragoman.settings.rules import Change, Rule
from dragoman.settings.secrets import credentials, mask, mask_inside, redact
from dragoman.settings.values import Value
from dragoman.settings.view import View

VLLM_DEFAULT = "vLLM default"
WORKER_DEFAULT = "worker default"

# From what has been settled and the worker's own environment to the variables of its processes.
Environ: TypeAlias = Callable[[Mapping[str, Settled], Mapping[str, str]], Mapping[str, str | None]]


def no_variables(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return no variables: the processes have those of the worker."""
    return {}


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

    `engine_args` holds the real values: pass them to vLLM's parser in the process, never to a command. `environment`
    holds the variables that the worker's processes shall have; None removes one.
    """

    platform: str
    settings: tuple[ResolvedSetting, ...]
    engine_args: tuple[str, ...] = field(repr=False)
    shown_engine_args: tuple[str, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]
    environment: Mapping[str, str | None] = field(repr=False)

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
    rules: Sequence[Rule] = (),
    environ: Environ = no_variables,
) -> Resolution:
    """Resolve every setting of the catalogue from the sources, the strongest of which comes first.

    `environment` is where the checks look for the GPUs that may be seen, and `problems` are errors found before.
    `rules` are applied to what the sources have set, one after the other, and `environ` works out the variables of the
    worker's processes from the outcome.
    """
    merger = _Merger(catalogue, sources)
    view = View(catalogue, merger.settings, environment, sources)
    for rule in rules:
        merger.apply(rule, view)
    return _frozen(
        platform,
        catalogue,
        merger.settings,
        [*merger.warnings, *checks.warnings(view)],
        [*problems, *merger.errors, *checks.errors(view)],
        environ(merger.strongest(), environment),
    )


def settle(catalogue: Catalogue, sources: Sequence[Source]) -> dict[str, Settled]:
    """Return what the sources set, without checks and without the problems."""
    return _Merger(catalogue, sources).strongest()


def _frozen(
    platform: str,
    catalogue: Catalogue,
    settled: Mapping[str, Sequence[Settled]],
    warnings: Iterable[str],
    errors: Iterable[str],
    environment: Mapping[str, str | None],
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
        environment=environment,
    )


def _lines(problems: Iterable[str], secrets: Iterable[str]) -> Iterable[str]:
    """Return each problem once, on one line, without the secrets."""
    return dict.fromkeys(" ".join(redact(problem, secrets).splitlines()) for problem in problems)


def _resolved(setting: Setting, settled: Sequence[Settled]) -> ResolvedSetting:
    of_vllm = setting.use != "worker" and setting.name in vllm_flags()["options"]
    default = VLLM_DEFAULT if of_vllm else WORKER_DEFAULT
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
        if setting.flag and setting.is_set and setting.value is not None:
            shown = setting.to_json()["value"] if masked else setting.value
            yield from engine_arguments(catalogue[setting.name], shown)


class _Merger:
    """What the sources say; `settings` holds each setting's values, the strongest first."""

    def __init__(self, catalogue: Catalogue, sources: Sequence[Source]) -> None:
        self._catalogue = catalogue
        self.settings: dict[str, list[Settled]] = {}
        self.warnings: list[str] = []
        self.errors: list[str] = []
        for rank, source in enumerate(sources):
            self._read(source, rank)

    def strongest(self) -> dict[str, Settled]:
        """Return the value that counts of each setting that was set."""
        return {name: settled[0] for name, settled in self.settings.items()}

    def apply(self, rule: Rule, view: View) -> None:
        """Apply a rule to what has been set, which is what `view` shows."""
        for outcome in list(rule(view)):
            if isinstance(outcome, Change):
                self._change(outcome)
            else:
                (self.errors if outcome.fatal else self.warnings).append(outcome.message)

    def _change(self, change: Change) -> None:
        try:
            value = self._catalogue[change.name].parse(change.value)
        except ValueError as problem:
            self.errors.append(f"{change.name}: {problem} ({change.source})")
            return
        settled = self.settings.setdefault(change.name, [])
        place = (bisect_right if change.modest else bisect_left)(settled, change.rank, key=attrgetter("rank"))
        settled.insert(place, Settled(value, change.source, change.rank))

    def _read(self, source: Source, rank: int) -> None:
        reading = source.read(self._catalogue, self.strongest())
        self.warnings.extend(reading.warnings)
        self.errors.extend(reading.errors)
        for assignment in reversed(reading.assignments):
            self._take(self._catalogue[assignment.name], assignment, rank)

    def _take(self, setting: Setting, assignment: Assignment, rank: int) -> None:
        try:
            raw, turned = turn(setting, assignment.raw)
            value = setting.parse(raw)
        except ValueError as problem:
            self._report(setting, assignment, "the value cannot be right" if setting.secret else str(problem))
            return
        if value is None:
            return
        self.settings.setdefault(setting.name, []).append(Settled(value, assignment.source, rank))
        if len(self.settings[setting.name]) == 1:
            self._judge(setting, value, assignment.source)
            if turned:
                self.warnings.append(f"{setting.name}: {turned} ({assignment.source})")

    def _report(self, setting: Setting, assignment: Assignment, reason: str) -> None:
        problem = f"{setting.name}: {reason} ({assignment.source})"
        if stronger := self.settings.get(setting.name):
            self.warnings.append(f"{problem}, overridden: {stronger[0].source}")
        else:
            self.errors.append(problem)

    def _judge(self, setting: Setting, value: Value, source: str) -> None:
        harmless = value is False or value == setting.default or value in setting.harmless
        if setting.use == "refused" and not harmless:
            self.errors.append(f"{setting.name}: {setting.reason} ({source})")
        elif setting.use == "ignored" and not harmless:
            self.warnings.append(f"{setting.name} is ignored: {setting.reason} ({source})")
        elif setting.deprecated:
            self.warnings.append(f"{setting.name}: vLLM has deprecated this: {setting.help} ({source})")
