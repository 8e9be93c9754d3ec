"""`dragoman serve`: the worker."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from dragoman import logs

if TYPE_CHECKING:
    from dragoman.settings.resolution import Resolution


def serve(context: typer.Context) -> None:
    """Serve a model with an OpenAI-compatible API."""
    from dragoman.errors import ConfigurationError
    from dragoman.platforms import resolve
    from dragoman.serving.observing.observation import Observation

    resolution = resolve(context.args, os.environ)
    if not resolution.errors:
        observation = Observation.of(resolution.value, sys.stderr)
        logs.configure(observation.log_format, observation.log_level, root=True)
    for warning in resolution.warnings:
        logs.announce("warning", warning)
    if resolution.errors:
        from dragoman.process.address import Address

        address = Address(resolution.value("host"), resolution.value("port"), resolution.value("uds"))
        raise ConfigurationError(*resolution.errors, *address.problems())
    raise typer.Exit(_run(resolution, context.args))


def _run(resolution: "Resolution", arguments: Sequence[str]) -> int:
    """Serve with one worker, or with replicas of it where the settings are about a cluster."""
    from dragoman.cluster.scale import Scale

    if scale := Scale.of(resolution.value):
        from dragoman.cluster.command import run as run_cluster

        return run_cluster(resolution, arguments, scale)
    from dragoman.process.doorman import run

    return run(resolution)
