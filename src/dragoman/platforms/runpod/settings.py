"""Where settings come from on RunPod, and what follows from them there."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dragoman.platforms.base import Platform, Surroundings
from dragoman.platforms.runpod.configuration import (
    chat_template,
    compile_cache,
    implied,
    model_cache,
    names,
    parallelism,
)
from dragoman.platforms.runpod.configuration.baked import BakedModel
from dragoman.platforms.runpod.configuration.environment import environ
from dragoman.platforms.runpod.configuration.inherited import INHERITED
from dragoman.platforms.runpod.configuration.load_balancing import JOBS, LoadBalancing, replicas_of_a_queue
from dragoman.platforms.runpod.configuration.variables import SETTINGS, VARIABLES
from dragoman.platforms.runpod.configuration.zeros import Zeros, without_zeros
from dragoman.platforms.runpod.written import TARGET
from dragoman.settings.assignments import Assignment, Settled, Source
from dragoman.settings.sources import CommandLine, ConfigFile, Defaults, RawArguments, Variables

RAW_ARGUMENTS = "VLLM_EXTRA_ARGS"
EVIDENCE = (JOBS, "RUNPOD_ENDPOINT_ID")
CONFIG_FILE = Path("/vllm_config.yaml")
# Of the settings that every platform has, those that its application needs.
SHARED = ("model", "served_model_name", "reasoning_parser")
# The names come first: they are those from before the model is found in a cache.
RULES = (
    names.served_names,
    model_cache.cached_model,
    chat_template.chat_template,
    parallelism.clamp,
    parallelism.loading_workers,
    implied.lora,
    implied.request_logs,
    implied.queue,
    implied.lmcache,
    implied.bitsandbytes,
    implied.model,
    compile_cache.cache_root,
    replicas_of_a_queue,
)


def detect(environment: Mapping[str, str], model_dir: Path | None) -> str | None:
    """Return which of RunPod's own variables is set."""
    return next((f"variable {name}" for name in EVIDENCE if environment.get(name)), None)


def sources(surroundings: Surroundings) -> Sequence[Source]:
    """Return the sources, the strongest first."""
    environment = surroundings.environment
    return (
        CommandLine(surroundings.arguments),
        RawArguments(RAW_ARGUMENTS, environment),
        BakedModel(),
        Variables(without_zeros(environment), others=[RAW_ARGUMENTS, *INHERITED]),
        Zeros(environment),
        LoadBalancing(environment),
        Defaults(config_file),
        ConfigFile(),
        Defaults(parallelism.gpu_defaults(environment)),
    )


def config_file(above: Mapping[str, Settled]) -> Iterator[Assignment]:
    """Read the file that RunPod's worker reads where no other is named."""
    if "config" not in above and CONFIG_FILE.is_file():
        yield Assignment("config", str(CONFIG_FILE), f"worker default: there is a {CONFIG_FILE}")


PLATFORM = Platform(
    name="runpod",
    detect=detect,
    sources=sources,
    target=TARGET,
    settings=SETTINGS,
    variables=VARIABLES,
    rules=RULES,
    hands_down=(*(setting.name for setting in SETTINGS if setting.use == "worker"), *SHARED),
    environ=environ,
    guard="RunPod",
)
