"""Read a configuration as a worker of the target's does, with the platform's own sources."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution
from dragoman.written.spellings import Spelling
from dragoman.written.target import Target

# What the machine has to do with the settings: its programs, its GPUs, and where its user keeps models.
_MACHINE = (
    *("PATH", "HOME", "CXX", "CUDA_VISIBLE_DEVICES", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE"),
    *("HUGGINGFACE_HUB_CACHE", "VLLM_CPU_OMP_THREADS_BIND", "VLLM_CPU_KVCACHE_SPACE"),
)


def read(target: Target, spellings: Sequence[Spelling], environment: Mapping[str, str], gpus: int) -> Resolution:
    """Return what a worker of the target's makes of a configuration on this machine.

    Args:
        target: what the configuration is written for.
        spellings: the configuration.
        environment: the variables of this machine, of which those that are settings are left out.
        gpus: how many GPUs that worker has.
    """
    held = target.held(spellings)
    machine = {name: environment[name] for name in _MACHINE if name in environment}
    evidence = {name: environment.get(name) or usual for name, usual in target.evidence.items()}
    with TemporaryDirectory(prefix="dragoman-") as directory:
        for name, text in held.files.items():
            Path(directory, name).write_text(text, encoding="utf-8")
        place = (target.directory, directory) if target.directory else ()
        arguments = ("--platform", target.platform, "--gpus", str(gpus), *place, *held.arguments)
        resolution = resolve(arguments, {**machine, **evidence, **held.variables})
    errors = (error.replace(f"{directory}/", "") for error in resolution.errors)
    return replace(resolution, errors=tuple(errors))
