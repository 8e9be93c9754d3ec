"""Brings all that a start reads onto this machine."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dragoman.downloads.repositories import MODELSCOPE, Repository, repositories
from dragoman.engine import Report

__all__ = ["MODELSCOPE", "fetched"]


def fetched(engine_args: Sequence[str], environment: Mapping[str, str], report: Report) -> Iterator[Path]:
    """Download the models that are named and not there yet.

    Args:
        engine_args: vLLM's command line.
        environment: where vLLM and huggingface_hub look for their variables.
        report: is told how far it is.

    Returns:
        The files that the engine will read, as far as they are on this machine; they are looked for one by one.

    Raises:
        EngineStartError: a model can never be had.
    """
    elsewhere = environment.get(MODELSCOPE, "").lower() == "true"
    found = []
    for repository in repositories(engine_args, environment):
        directory = repository.local()
        if directory is None and repository.on_hub and not elsewhere:
            directory = _downloaded(repository, report)
        if directory is not None:
            found.append((repository, directory))
    return (file for repository, directory in found for file in repository.files(directory))


def _downloaded(repository: Repository, report: Report) -> Path | None:
    from dragoman.downloads.hub import downloaded

    return downloaded(repository, report)
