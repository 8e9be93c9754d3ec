"""A configuration written as the variables of a template or an endpoint."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from dragoman.platforms.runpod.configuration.chat_template import SETTING as ONE_LINE_TEMPLATE
from dragoman.platforms.runpod.documented import TOPICS
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.values import Value
from dragoman.written.spellings import Spelling, raw_flag, text, variable
from dragoman.written.target import ADDRESS, KEY, TLS, TOKEN, Draft, File, Held, Target, comments, document, variables

_DOCUMENTED = frozenset(name for names in TOPICS.values() for name in names)
# A template with line breaks has a variable of its own, in which they are written out.
_TEMPLATE = "chat_template"

_PORTS = "RunPod says itself where it calls the worker, with PORT and PORT_HEALTH, and does without TLS"
_PIECES = "only RunPod's streams come in pieces; elsewhere each token is sent at once"
_JOBS = "it says how RunPod's jobs are answered, and only RunPod has jobs"
_SDK = "RunPod's SDK reads it, and nothing else"
OWN: Mapping[str, str] = MappingProxyType(
    {
        "max_concurrency": "only RunPod hands out jobs; max_num_seqs and max_queue say what runs and what waits",
        "default_batch_size": _PIECES,
        "default_min_batch_size": _PIECES,
        "default_batch_size_growth_factor": _PIECES,
        "batch_max_delay_ms": _PIECES,
        "default_max_tokens": "only jobs with a prompt or messages have it; clients say max_tokens themselves",
        "standard_output": _JOBS,
        "raw_openai_output": _JOBS,
        "allow_openai_format": _JOBS,
        "refresh_worker": "only RunPod replaces a worker after each job",
        "base_path": "the volume is RunPod's; HF_HOME and VLLM_CACHE_ROOT say where things are kept",
        "runpod_ping_interval": _SDK,
        "runpod_log_level": _SDK,
    }
)


def spellings(setting: Setting, value: Value, catalogue: Catalogue) -> Iterator[Spelling]:
    """Yield the variables that say this, those first that worker-vllm's documents have, and then the flag."""
    said = text(setting, value)
    for name in sorted(setting.variables, key=lambda name: name not in _DOCUMENTED):
        yield from variable(name, said)
    if setting.name == _TEMPLATE:
        for name in catalogue[ONE_LINE_TEMPLATE].variables:
            yield from variable(name, said.replace("\n", r"\n"))
    yield from raw_flag(setting, value)


def held(spellings: Sequence[Spelling]) -> Held:
    """Return the variables."""
    return Held(variables=variables(spellings))


def files(draft: Draft) -> list[File]:
    """Return the variables, one a line, as RunPod's console and `docker run --env-file` take them."""
    said = variables(draft.spellings)
    secrets = {name: f"{{{{ RUNPOD_SECRET_{name} }}}}" for name in draft.secrets}
    lines = (f"{name}={value}" for name, value in {**said, **secrets}.items())
    return [File("runpod.env", document([*comments(*draft.notes), *lines]))]


TARGET = Target(
    name="runpod",
    platform="runpod",
    spellings=spellings,
    held=held,
    files=files,
    secrets={
        name: f"make a secret {name} in RunPod's console, to which the line refers; elsewhere put the key into the line"
        for name in (TOKEN, KEY)
    },
    evidence={"RUNPOD_ENDPOINT_ID": "endpoint"},
    place=dict.fromkeys((*ADDRESS, *TLS), _PORTS),
    own=OWN,
)
