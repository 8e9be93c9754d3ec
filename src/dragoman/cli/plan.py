"""`dragoman plan`: whether a model fits, before anything is loaded."""

import os

import typer


def plan(context: typer.Context) -> None:
    """Tell whether a model fits: weights, KV cache, context and concurrency, from config.json and headers alone."""
    from dragoman.errors import ConfigurationError
    from dragoman.planning.plan import plan as made_from
    from dragoman.planning.request import request, resolved

    asked = request(context.args)
    resolution = resolved(asked, os.environ)
    if resolution.errors:
        raise ConfigurationError(*resolution.errors)
    made = made_from(asked, resolution, os.environ)
    if asked.as_json:
        import json

        from dragoman.planning.document import document

        typer.echo(json.dumps(document(made), indent=2))
    else:
        from dragoman.planning.report import show

        show(made)
    raise typer.Exit(1 if made.fit.fits is False else 0)
