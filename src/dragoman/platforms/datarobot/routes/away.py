"""What is answered while no engine can answer."""

from starlette.responses import Response

from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes import pages
from dragoman.platforms.datarobot.routes.headers import Marked
from dragoman.platforms.datarobot.routes.health import unavailable
from dragoman.platforms.datarobot.routes.prefix import below
from dragoman.platforms.datarobot.routes.standing import standing
from dragoman.serving.lifecycle import Lifecycle


def answer(path: str, lifecycle: Lifecycle, options: Options) -> Response | None:
    """What DRUM answers without an engine, and 503 to the rest; None for the rest where the worker is ready.

    Args:
        path: the whole path of a request.
        lifecycle: the stage of the worker's life.
        options: what the owner of the model chose.
    """
    response = _answer(below(options.url_prefix, path), lifecycle, options)
    return response and Marked(response)


def _answer(path: str | None, lifecycle: Lifecycle, options: Options) -> Response | None:
    if path is None:
        return pages.not_found()
    if respond := standing(lifecycle, options).get(path.rstrip("/") or "/"):
        return respond()
    return None if lifecycle.ready else unavailable(lifecycle)
