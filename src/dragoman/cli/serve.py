"""`dragoman serve`: the worker."""

import os
import sys

import typer

from dragoman import logs


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
    from dragoman.process.doorman import run

    raise typer.Exit(run(resolution))
