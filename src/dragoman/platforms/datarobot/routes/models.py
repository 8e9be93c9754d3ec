"""/models and /v1/models: what the engine lists, or what a hook of custom.py does."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.platforms.datarobot import hooks
from dragoman.platforms.datarobot.hooks import Hook
from dragoman.platforms.datarobot.routes.calls import MODELS, DrumCalls
from dragoman.platforms.datarobot.routes.documents import JSON
from dragoman.platforms.datarobot.routes.objects import encoded, fields
from dragoman.serving.table import Route

PATHS = ("/models", "/v1/models")
HOOK = "get_supported_llm_models"


class ModelsApi:
    """Lists the models.

    Args:
        calls: what calls the engine.
    """

    def __init__(self, calls: DrumCalls) -> None:
        self._calls = calls

    def routes(self) -> Iterator[Route]:
        """The rows."""
        for path in PATHS:
            yield Route("GET", path, self._list)

    async def _list(self, request: Request) -> ASGIApp:
        hook = hooks.loaded().get_supported_llm_models
        listed = await (_hooked(hook) if hook else self._engines(request))
        models = [model for model in listed if model.get("object") == "model"]
        return Response(encoded(HOOK, {"object": "list", "data": models}), media_type=JSON)

    async def _engines(self, request: Request) -> list[Mapping[str, Any]]:
        answer = await self._calls.whole("GET", MODELS, b"", request.scope["headers"])
        with self._calls.failures_told():
            models: list[Mapping[str, Any]] = orjson.loads(answer)["data"]
            return models


async def _hooked(hook: Hook) -> list[Mapping[str, Any]]:
    listed = await hooks.call(hook, hooks.loaded().model)
    return [fields(model) async for model in hooks.items(hook, listed)]
