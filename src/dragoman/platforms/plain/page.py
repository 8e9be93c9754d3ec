"""The page at ``/``: the model in a browser. It asks the worker what every client may ask, with the same key."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import orjson
from starlette.responses import Response

from dragoman import __version__
from dragoman.page.assets import Asset, assets
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.probes import Probe

FOLDER = Path(__file__).with_name("page")
INDEX = "/"
PREFIX = "/page/"
ROUTES = (INDEX, f"{PREFIX}*")
# What the page learns of the engine; no file, so a key opens it like everything that is asked of the worker.
DESCRIPTION = f"{PREFIX}worker.json"


def file(path: str) -> Asset | None:
    """The file of the page at a path; None where there is none."""
    return _files().get(path)


def describing(probe: Probe, tasks: Iterable[str]) -> Probe:
    """The answers of a probe, and the description of the worker whose engine does these tasks."""
    description = Asset(DESCRIPTION, orjson.dumps({"version": __version__, "tasks": sorted(tasks)}))

    def answer(path: str, lifecycle: Lifecycle) -> Response | None:
        return probe(path, lifecycle) or (description if path == DESCRIPTION else None)

    return answer


@cache
def _files() -> Mapping[str, Asset]:
    files = assets(FOLDER)
    return {INDEX: files.pop("index.html"), **{f"{PREFIX}{name}": asset for name, asset in files.items()}}
