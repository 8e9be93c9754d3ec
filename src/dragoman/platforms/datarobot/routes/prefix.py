"""What stands before every route of a deployment (``URL_PREFIX``)."""

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.platforms.datarobot.routes.pages import not_found


def below(prefix: str, path: str) -> str | None:
    """A path without the prefix; None for a path that has another beginning.

    Args:
        prefix: such as ``/deployments/abc``, or empty.
        path: the path.
    """
    return path.removeprefix(prefix) or "/" if f"{path}/".startswith(f"{prefix}/") else None


def under(prefix: str, app: ASGIApp) -> ASGIApp:
    """The application, all of whose paths have the prefix."""

    async def prefixed(scope: Scope, receive: Receive, send: Send) -> None:
        path = below(prefix, scope["path"])
        if path is None:
            await not_found()(scope, receive, send)
        else:
            await app({**scope, "path": path, "raw_path": quote(path).encode()}, receive, send)

    return prefixed
