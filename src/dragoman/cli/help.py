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
    "plan": "Tell whether a model fits: weights, KV cache, context and concurrency, without loading anything.",
    "doctor": "Examine this machine, image and configuration, and tell what is wrong and the command that cures it.",
}
_EXAMPLES = {
    "serve": (
        "dragoman serve",
        "dragoman serve Qwen/Qwen3-0.6B --max-model-len 8k",
        "MODEL_NAME=… dragoman serve -tp 2",
    ),
    "plan": (
        "dragoman plan",
        "dragoman plan Qwen/Qwen3-32B --gpu-kind H100 --gpus 2",
        "dragoman plan /models/mine --gpu-memory 48G --max-model-len 32k --json",
    ),
    "doctor": ("dragoman doctor", "dragoman doctor Qwen/Qwen3-0.6B -tp 2", "MODEL_NAME=… dragoman doctor --json"),
    "explain": (
        "dragoman explain",
        "dragoman explain --gpus 4 Qwen/Qwen3-32B -tp 4",
        "dragoman explain --json",
        "dragoman explain --platform lmi --model-dir . --gpus 1 --as kubernetes",
    ),
}
_EXIT_CODES = {
    "serve": """\
  0  every request was finished after SIGTERM or SIGINT
  1  ended by a second signal
  2  the settings cannot work; nothing was loaded
  3  the engine cannot start
  4  the engine dies again and again""",
    "plan": """\
  0  it fits, or nothing is known that speaks against it
  1  it does not fit; what would make it fit is listed
  2  the settings cannot work, or the model cannot be had""",
    "doctor": """\
  0  nothing keeps the worker from starting and serving
  1  something does
  2  the settings have errors, whatever else was found""",
    "explain": """\
  0  the settings can work
  2  they cannot: `serve` would end with the same errors, and --as writes nothing""",
}
_EXPLAINS_OPTIONS = """\
  --as runpod|lmi|datarobot|cli|kubernetes
      Print the same configuration in the words of another platform: variables, serving.properties,
      engine_config.json with runtime parameters, a command, or a Deployment with its Service. What
      somebody has set is written, and what the other worker would decide otherwise, but no
      secrets. What cannot be said there is a warning on stderr, and a comment in the text.
      --gpus N says for how many GPUs.
  --json
      Print one JSON object; with --as its texts in `files`, each {name, text}."""
_PLANS_OPTIONS = """\
  --gpu-kind KIND
      GPUs to plan for instead of this machine: H100, A100-80G, L40S, … --gpus says how many; default: 1.
  --gpu-memory SIZE
      The same for GPUs with some memory, such as 80G.
  --json
      Print one JSON object."""
_DOCTORS_OPTIONS = """\
  --json
      Print one JSON object.
  --all
      List what is as it should be, too."""
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
        yield _EXPLAINS_OPTIONS
    if command == "plan":
        yield _PLANS_OPTIONS
    if command == "doctor":
        yield _DOCTORS_OPTIONS
    yield "\n".join(_describe(setting) for setting in settings if setting.use == "worker")
    yield _SOURCES.format(version=vllm_flags()["vllm"])
    groups = Counter(setting.group for setting in settings if setting.use == "engine")
    listed = ", ".join(f"{group} ({count})" for group, count in groups.items())
    yield fill(f"Groups of vLLM's flags, for --help=GROUP; --help=all lists them all: {listed}", _WIDTH)
    own = sorted({setting.group for setting in _of_platforms()})
    yield fill(f"Further groups: {RETIRED} (what vLLM has dropped, and what becomes of it), {', '.join(own)}", _WIDTH)
    yield f"Exit codes:\n{_EXIT_CODES[command]}"


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
