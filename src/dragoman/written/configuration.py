"""What of a resolution is to be the same at another place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dragoman.diagnosis.tokens import VARIABLES as HUB_VARIABLES
from dragoman.settings import keys
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.processes import IN_PROCESS, METHOD
from dragoman.settings.resolution import WORKER_DEFAULT, Resolution, ResolvedSetting
from dragoman.settings.secrets import mask_inside
from dragoman.settings.tuning import caches
from dragoman.settings.tuning.boot import NAME as BOOT_PROFILE
from dragoman.settings.tuning.cache_memory import NAME as CACHE_MEMORY
from dragoman.settings.tuning.cache_memory import SHARE
from dragoman.settings.tuning.threads import NAME as THREADS
from dragoman.settings.values import Value, quote
from dragoman.written.target import ADDRESS, KEY, TOKEN, Target

# What a setting's source begins with where nobody but the worker has said it.
_BY_THE_WORKER = (WORKER_DEFAULT, f"{BOOT_PROFILE} ", "detected: ")
# Where this worker is, what it is on, and a file of which every line is a setting of its own.
_HERE = frozenset({"platform", "model_dir", "code_dir", "gpus", "config"})
# What each place decides by itself where nobody has said it.
_LOCAL = frozenset({*ADDRESS, "grace_period"})
# What each worker finds out from its machine, its model and its boot profile where nobody has said it.
_TUNED = frozenset(
    {THREADS, caches.ROOT, caches.PLAN, METHOD, IN_PROCESS, CACHE_MEMORY}
    | {"enforce_eager", "optimization_level", "performance_mode"}
)
# How it says that it has measured its memory, where a platform has a share of its own.
_BY_MEASURE = f"{WORKER_DEFAULT}: "
LIVE = ("engine", "worker")
_HUB = "hf_token"
_MODEL, _NAMES = "model", "served_model_name"


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting, its value, and how messages cite it; `masked` where something secret in the value is not there."""

    name: str
    value: Value = field(repr=False)
    cited: str
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of a worker, and which of them are to be told to another one.

    Args:
        resolution: the settings.
        catalogue: those that there are on the worker's platform.
        origin: what its platform says about its own settings.
    """

    resolution: Resolution
    catalogue: Catalogue
    origin: Target

    def said(self) -> Iterator[Entry]:
        """Yield what somebody has set, without secrets."""
        for each in self.resolution.settings:
            if self._is_told(each) and is_said(each) and not each.secret:
                yield entry(each, self.catalogue[each.name])

    def unknown_secrets(self) -> Iterator[Entry]:
        """Yield the secrets that somebody has set and no variable is known for."""
        for each in self.resolution.settings:
            if self._is_told(each) and each.is_set and each.secret and each.name not in (*self._tokens, keys.KEYS):
                yield entry(each, self.catalogue[each.name])

    def unsaid(self) -> Iterator[Entry]:
        """Yield what nobody has set and may be decided in another way elsewhere, at what it is here."""
        for each in self.resolution.settings:
            measured = each.name == SHARE and each.source.startswith(_BY_MEASURE)
            local = measured or each.name in _LOCAL | _TUNED | self.origin.own.keys()
            if not local and self._is_told(each) and not is_said(each) and not each.secret:
                yield self._of_the_model(each)

    def secrets(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Return the variables for the keys that the worker has; `environment` is its own."""
        value = {each.name: each for each in self.resolution.settings if each.is_set}
        hub = any(environment.get(name) for name in HUB_VARIABLES) or any(name in value for name in self._tokens)
        file, held = value.get(keys.FILE), value.get(keys.KEYS)
        clients = held is not None and (file is None or held.source != str(Path(file.value)))
        return (*([TOKEN] if hub else []), *([KEY] if clients else []))

    def _of_the_model(self, each: ResolvedSetting) -> Entry:
        """Return a setting; a model that was given no name has its own, and there is no model that nothing has set."""
        if each.name == _MODEL and not each.is_set:
            return replace(entry(each, self.catalogue[_MODEL]), value=None)
        if each.name == _NAMES and each.value is None:
            return replace(entry(each, self.catalogue[_NAMES]), value=[self._model])
        return entry(each, self.catalogue[each.name])

    @property
    def _model(self) -> Value:
        (model,) = (each for each in self.resolution.settings if each.name == _MODEL)
        return entry(model, self.catalogue[_MODEL]).value

    @property
    def _tokens(self) -> tuple[str, ...]:
        return (_HUB, self.origin.hub_key) if self.origin.hub_key else (_HUB,)

    def _is_told(self, each: ResolvedSetting) -> bool:
        here = each.name in _HERE or each.name in self.origin.derived or each.name in self.origin.successors
        return self.catalogue[each.name].use in LIVE and not here


def is_said(setting: ResolvedSetting) -> bool:
    """Return whether somebody has set it, and not the worker itself."""
    return setting.is_set and not setting.source.startswith(_BY_THE_WORKER)


def entry(resolved: ResolvedSetting, setting: Setting) -> Entry:
    """Return a setting as it can be told: not a place in which only this worker has found it, and without logins."""
    value = resolved.value
    if resolved.overridden and resolved.source.startswith(f"{resolved.overridden[0][1]}, "):
        value = resolved.overridden[0][0]
    shown = resolved.to_json()["value"]
    cited = f"{resolved.name} {quote(shown)} ({resolved.source})"
    told = value if setting.type == "template" else mask_inside(value)
    return Entry(resolved.name, told, cited, masked=told != value)
