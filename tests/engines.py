"""Engines that are made up."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp


class FakeEngine:
    """Answers each path with the status and text that it is given, and remembers the requests."""

    def __init__(self, answers: Mapping[str, tuple[int, str]], tasks: frozenset[str] = frozenset()) -> None:
        self.answers = answers
        self.tasks = tasks
        self.slots: int | None = None
        self.well = True
        self.seen: list[tuple[Request, bytes]] = []
        self.app: ASGIApp = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        self.seen.append((request, await request.body()))
        status, text = self.answers.get(request.url.path, (404, "no such route"))
        return PlainTextResponse(text, status)

    def healthy(self) -> bool:
        return self.well

    async def death(self) -> str:
        raise NotImplementedError
