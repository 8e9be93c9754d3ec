"""What is said to a request that is turned away before any route sees it."""

from collections.abc import Mapping

from starlette.responses import Response

from dragoman.platforms.datarobot.errors import told
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.direct_access import PREFIXES
from dragoman.platforms.datarobot.routes.headers import Marked
from dragoman.platforms.datarobot.routes.prefix import below
from dragoman.serving import answers


def rejection(
    status: int, message: str, kind: str, headers: Mapping[str, str], path: str, options: Options
) -> Response:
    """An error in DRUM's words, or in the engine's on the paths that lead straight to it.

    Args:
        status: the HTTP status.
        message: what is wrong.
        kind: the error's type for the engine's clients.
        headers: more headers of the answer.
        path: the whole path of the request.
        options: what the owner of the model chose.
    """
    inner = below(options.url_prefix, path) or ""
    if inner.startswith(tuple(f"{prefix}/" for prefix in PREFIXES)):
        return Marked(answers.error(status, message, kind, dict(headers)))
    return Marked(told(f"ERROR: {message}", status, dict(headers)))
