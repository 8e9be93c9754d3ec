"""The help of the commands that take settings, written from the catalogue."""

from collections import Counter
from collections.abc import Iterable, Iterator
from textwrap import fill, indent

from dragoman.errors import ConfigurationError
from dragoman.platforms import PLATFORMS
from dragoman.settings.catalogue import Setting, vllm_flags
from dragoman.settings.retired.entries import GROUP as RETIRED
from dragoman.settings.variables import sentence
from dragoman.settings.worker import load_catalogue, spell

_WIDTH = 100
_SUMMARIES = {
    "serve": "Serve a model with an OpenAI-compatible API.",
    "explain": "Show every setting: its value, where it comes from, what it overrode, and what is wrong with it.",
}
_EXAMPLES = {
    "serve": (
        "dragoman serve",
        "dragoman serve Qwen/Qwen3-0.6B --max-model-len 8k",
        "MODEL_NAME=… dragoman serve -tp 2",
    ),
    "explain": ("dragoman explain", "dragoman explain --gpus 4 Qwen/Qwen3-32B -tp 4", "dragoman explain --json"),
}
_SOURCES = """\
Every flag of vLLM {version} is understood, in all of vLLM's spellings. Strongest first, settings come from

  the command line          --max-model-len 8k, --max_model_len=8k, -tp 2, --no-enable-prefix-caching
  VLLM_EXTRA_ARGS           a variable with such flags in it
  environment variables     MAX_MODEL_LEN=8k for a flag of vLLM, those named above for the rest
  a file, --config FILE     vLLM's YAML, with lines such as max-model-len: 8k

An empty variable sets nothing. `dragoman explain` shows what came from where."""


def help_text(command: str, topic: str) -> str:
    """Return a command's help: every flag for the topic `all`, a group's flags for its name, else the basics.

    The groups are vLLM's, what vLLM has dropped (`retired`), and the settings that only one platform has.
    """
    settings = list(load_catalogue([platform.name for platform in PLATFORMS]))
    wanted = list(_wanted(topic.lower(), settings))
    if topic and not wanted:
        groups = sorted({setting.group for setting in (*settings, *_of_platforms()) if setting.group != "Worker"})
        raise ConfigurationError(f"--help={topic}: choose all or one of {', '.join(groups)}")
    if topic:
        return "\n".join(map(_describe, wanted))
    return "\n\n".join(_basics(command, settings))


def _of_platforms() -> Iterator[Setting]:
    for platform in PLATFORMS:
        yield from map(spell, platform.settings)


def _wanted(topic: str, settings: Iterable[Setting]) -> Iterator[Setting]:
    if topic == "all":
        yield from (setting for setting in settings if setting.group != RETIRED)
    for setting in (*settings, *_of_platforms()):
        if topic in (setting.group.lower(), f"{setting.group}Config".lower()):
            yield setting


def _basics(command: str, settings: list[Setting]) -> Iterator[str]:
    examples = "\n".join(_EXAMPLES[command])
    yield f"Usage: dragoman {command} [MODEL] [OPTIONS]"
    yield _SUMMARIES[command]
    yield f"Examples:\n{indent(examples, '  ')}"
    yield "Options of the worker:"
    if command == "explain":
        yield "  --json\n      Print one JSON object."
    yield "\n".join(_describe(setting) for setting in settings if setting.use == "worker")
    yield _SOURCES.format(version=vllm_flags()["vllm"])
    groups = Counter(setting.group for setting in settings if setting.use == "engine")
    listed = ", ".join(f"{group} ({count})" for group, count in groups.items())
    yield fill(f"Groups of vLLM's flags, for --help=GROUP; --help=all lists them all: {listed}", _WIDTH)
    own = sorted({setting.group for setting in _of_platforms()})
    yield fill(f"Further groups: {RETIRED} (what vLLM has dropped, and what becomes of it), {', '.join(own)}", _WIDTH)


def _describe(setting: Setting) -> str:
    flags = ", ".join(filter(None, (*setting.flags, setting.negative)))
    taken = "" if setting.is_switch else f" {setting.type.upper()}"
    facts = [f"One of {', '.join(map(str, setting.choices))}."] if setting.choices else []
    facts += [f"Default: {setting.default}."] if setting.default not in (None, [], {}, "") else []
    facts += [f"Variable: {' or '.join(setting.variables)}."] if setting.variables else []
    text = fill(
        " ".join((setting.help or sentence(setting), *facts)), _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6
    )
    return f"  {flags}{taken}\n{text}"
