"""The reference of every setting: what sets it, what it takes and what it does."""

from collections.abc import Iterable, Iterator, Sequence

from dragoman import __version__
from dragoman.forms import words
from dragoman.forms.markdown import code, table
from dragoman.platforms import Platform, catalogue_of
from dragoman.settings.catalogue import Catalogue, Setting, vllm_flags
from dragoman.settings.retired.entries import GROUP as RETIRED
from dragoman.settings.worker import load_catalogue

_INTRODUCTION = """\
# Configuration

Every setting of Dragoman {version} with vLLM {vllm}. `dragoman forms` writes this from the catalogue that the
worker reads.

Strongest first, settings come from the command line, `VLLM_EXTRA_ARGS` (flags, quoted as in a shell), the variables
named here, vLLM's YAML file (`--config`, with the flags as keys), the worker's defaults for the platform and the
machine, vLLM's defaults. `dragoman explain` shows the outcome, and where each value came from.

Booleans are true/1/yes/on and false/0/no/off, in any case. Empty, `none` and `null` mean unset. Of several variables
the first is the strongest; one with a platform's name behind it is read on that platform only.

LMI reads none of the variables that are called like a flag of vLLM's, such as `MAX_MODEL_LEN`: there they are options,
`option.max_model_len` in serving.properties or `OPTION_MAX_MODEL_LEN`. [lmi.md](lmi.md) says which sources it has.

DataRobot reads none of them either: there they are flags in engine_config.json, and some are runtime parameters.
[datarobot.md](datarobot.md) says which."""


def configuration(platforms: Sequence[Platform]) -> str:
    """Return docs/configuration.md."""
    introduction = _INTRODUCTION.format(version=__version__, vllm=vllm_flags()["vllm"])
    return "\n\n".join((introduction, *_Reference(platforms).sections())) + "\n"


class _Reference:
    """The settings that every platform has, and what each platform adds."""

    def __init__(self, platforms: Sequence[Platform]) -> None:
        self._catalogues = {platform.name: catalogue_of(platform) for platform in platforms}
        self._common = load_catalogue(list(self._catalogues))

    def sections(self) -> Iterator[str]:
        """Yield the worker's own settings, each platform's, vLLM's by group, and those that are not settings now."""
        yield self._live("The worker", (setting for setting in self._common if setting.use == "worker"))
        for platform, catalogue in self._catalogues.items():
            if own := [setting for setting in self._added(catalogue) if setting.use == "worker"]:
                yield self._live(f"Platform {platform}", own)
        engine = [setting for setting in self._common if setting.use == "engine"]
        for group in dict.fromkeys(setting.group for setting in engine):
            yield self._live(f"vLLM: {group}", (setting for setting in engine if setting.group == group))
        idle = [setting for setting in self._common if setting.use not in ("worker", "engine")]
        retired = [setting for setting in idle if setting.group == RETIRED]
        for catalogue in self._catalogues.values():
            retired += [setting for setting in self._added(catalogue) if setting.use != "worker"]
        yield self._idle("vLLM's, but not this worker's", (each for each in idle if each.group != RETIRED))
        yield self._idle("Retired", retired)

    def _added(self, catalogue: Catalogue) -> Iterator[Setting]:
        return (setting for setting in catalogue if setting.name not in self._common)

    def _live(self, title: str, settings: Iterable[Setting]) -> str:
        header = ("Setting", "Flag", "Variable", "Takes", "Default", "What it does")
        rows = (
            (
                *(each.name, words.flags(each), self._variables(each)),
                *(words.takes(each), words.default(each), words.meaning(each)),
            )
            for each in settings
        )
        return f"## {title}\n\n{table(header, rows)}"

    def _idle(self, title: str, settings: Iterable[Setting]) -> str:
        rows = ((each.name, self._variables(each), words.fate(each)) for each in settings)
        return f"## {title}\n\n{table(('Setting', 'Variable', 'What happens now'), rows)}"

    def _variables(self, setting: Setting) -> str:
        """Return the variables that set it, those of one platform first."""
        if setting.use == "worker" and setting.name not in self._common:
            return code(*setting.variables)
        common = self._common[setting.name].variables if setting.name in self._common else ()
        readers: dict[str, list[str]] = {}
        for platform, catalogue in self._catalogues.items():
            variables = catalogue[setting.name].variables if setting.name in catalogue else ()
            for variable in variables:
                readers.setdefault(variable, []).append(platform)
        added = (f"{code(each)} ({', '.join(readers[each])})" for each in readers if each not in common)
        return ", ".join((*added, *map(code, common)))
