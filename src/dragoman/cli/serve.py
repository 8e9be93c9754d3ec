"""`dragoman serve`: the worker."""

import os

import typer


def serve(context: typer.Context) -> None:
    """Serve a model with an OpenAI-compatible API."""
    from dragoman.errors import ConfigurationError
    from dragoman.platforms import resolve

    resolution = resolve(context.args, os.environ)
    for warning in resolution.warnings:
        typer.echo(f"dragoman: warning: {warning}", err=True)
    if resolution.errors:
        from dragoman.process.address import Address

        address = Address(resolution.value("host"), resolution.value("port"), resolution.value("uds"))
        raise ConfigurationError(*resolution.errors, *address.problems())
    from dragoman.process.doorman import run

    raise typer.Exit(run(resolution))
