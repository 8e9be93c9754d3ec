"""What stands before every path of an application that takes it off again."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Rooted:
    """FastAPI's application for paths without its ``root_path``, whatever they begin with.

    FastAPI takes its root path off each path that begins with it, so ``/v1/models`` would be ``/models`` where that is
    ``/v1``. This application puts it before every path.

    Args:
        app: FastAPI's.
        root_path: its ``root_path``.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        path = self._root + scope["path"]
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)


def rooted(app: ASGIApp, root_path: str | None) -> ASGIApp:
    """The application for paths without its root path, where it has one."""
    return Rooted(app, root_path) if root_path else app
