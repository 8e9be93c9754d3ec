"""An engine that loads adapters as vLLM does, without a model."""

import asyncio
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from dragoman.platforms.lmi.adapters.engine import AdaptedEngine
from dragoman.platforms.lmi.adapters.records import Records
from dragoman.platforms.lmi.options import Options
from dragoman.settings.values import Value


class LoraEngine:
    """vLLM's routes for adapters, and completions that tell which adapter they come from."""

    def __init__(self, **start: str) -> None:
        self.loaded = dict(start)
        self.calls: list[tuple[str, str]] = []
        self.refusals: dict[str, tuple[int, str]] = {}
        self.well = True
        self.tasks = frozenset({"generate"})
        self.slots: int | None = None
        self.loads = asyncio.Event()
        self.loads.set()
        self.answers = asyncio.Event()
        self.answers.set()
        self.app: ASGIApp = Starlette(
            routes=[
                Route("/v1/load_lora_adapter", self._load, methods=["POST"]),
                Route("/v1/unload_lora_adapter", self._unload, methods=["POST"]),
                Route("/v1/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._models),
            ]
        )

    def healthy(self) -> bool:
        return self.well

    async def death(self) -> str:
        return "EngineCore died"

    async def _load(self, request: Request) -> Response:
        asked = orjson.loads(await request.body())
        name, path = asked["lora_name"], asked["lora_path"]
        self.calls.append(("load", name))
        await self.loads.wait()
        if name in self.refusals:
            return refusal(*self.refusals[name])
        if name in self.loaded:
            return refusal(400, f"The lora adapter '{name}' has already been loaded.")
        self.loaded[name] = path
        return Response("Success")

    async def _unload(self, request: Request) -> Response:
        name = orjson.loads(await request.body())["lora_name"]
        self.calls.append(("unload", name))
        if name not in self.loaded:
            return refusal(404, f"The lora adapter '{name}' cannot be found.")
        del self.loaded[name]
        return Response("Success")

    async def _complete(self, request: Request) -> Response:
        name = orjson.loads(await request.body())["model"]
        if name != "lmi" and name not in self.loaded:
            return refusal(404, f"The model `{name}` does not exist.")
        path = self.loaded.get(name)
        self.calls.append(("complete", name))
        await self.answers.wait()
        return JSONResponse({"model": name, "text": path})

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"data": sorted(["lmi", *self.loaded])})


def refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "x", "param": None, "code": status}}, status)


def options(model: Path, **changes: Value) -> Options:
    """Those of a worker that takes adapters."""
    defaults = {
        "model_name": "test",
        "model_url": str(model),
        "served_model_name": ("test", "lmi"),
        "enable_lora": True,
        "max_loras": 2,
    }
    return Options(**{**defaults, **changes})


def adapter_in(directory: Path) -> str:
    """A directory that looks like an adapter."""
    directory.mkdir(parents=True)
    (directory / "adapter_config.json").write_text("{}")
    (directory / "adapter_model.safetensors").touch()
    return str(directory)


def adapted(engine: LoraEngine, tmp_path: Path, **changes: Value) -> AdaptedEngine:
    """The engine with its adapters, as the server process of a worker with this directory makes it."""
    return AdaptedEngine(engine, options(tmp_path, **changes), Records(tmp_path / "adapters.json"))
