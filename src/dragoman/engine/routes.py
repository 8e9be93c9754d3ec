"""vLLM's routes, all of them: those that may be reached, and those that may not."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.layer import Layer
from dragoman.serving import answers
from dragoman.serving.entrance.exposure import Exposure


class Use(StrEnum):
    """What a route is for."""

    MODEL = "model"
    """Has the model, or its tokenizer, do something."""
    TELLING = "telling"
    """Tells of the model and the engine."""
    DOCUMENTS = "documents"
    """Describes the routes; vLLM's --disable-fastapi-docs takes them away."""
    ADAPTERS = "adapters"
    """Loads and unloads adapters from directories; only where VLLM_ALLOW_RUNTIME_LORA_UPDATING says so."""
    CLOSED = "closed"
    """Manages the engine, or is meant for other servers of the same deployment."""


@dataclass(frozen=True)
class Route:
    """A route of vLLM's.

    Args:
        path: the pattern; ``{name}`` stands for any one segment.
        use: what it is for.
        methods: its methods; a websocket's is WEBSOCKET.
    """

    path: str
    use: Use
    methods: tuple[str, ...] = ("POST",)

    @property
    def pattern(self) -> str:
        """A regular expression for its paths; no segment in them is ``..`` or has a slash in it."""
        return re.sub(r"\\\{\w+\\\}", r"\\w[\\w.-]*", re.escape(self.path))


def _routes(use: Use, paths: str, *methods: str) -> Iterable[Route]:
    return (Route(path, use, methods or ("POST",)) for path in paths.split())


CHATS = "/v1/chat/completions"
_CHATS = f"{CHATS} {CHATS}/batch {CHATS}/render {CHATS}/derender"
_COMPLETIONS = "/v1/completions /v1/completions/render /v1/completions/derender"
_RESPONSES = "/v1/responses /v1/responses/render /v1/responses/{response_id}/cancel"
_MESSAGES = "/v1/messages /v1/messages/count_tokens /v1/messages/render /v1/systemone"
_COHERE = "/cohere/v2/chat /cohere/v2/chat/render"
_VECTORS = "/v1/embeddings /v2/embed /pooling /classify"
_SCORES = "/score /v1/score /rerank /v1/rerank /v2/rerank /generative_scoring"
_SPEECH = "/v1/audio/transcriptions /v1/audio/translations"
_SLEEP = "/sleep /wake_up /release_kv_cache_memory /pause /resume"
_CACHES = "/reset_prefix_cache /reset_mm_cache /reset_encoder_cache"
_WEIGHTS = (
    "/init_weight_transfer_engine /shutdown_weight_transfer_engine /start_weight_update /start_draft_weight_update"
    " /update_weights /finish_weight_update /update_weight_version /weight_checker"
)
_OTHERS = (
    "/collective_rpc /start_profile /stop_profile /scale_elastic_ep /is_scaling_elastic_ep /abort_requests"
    " /inference/v1/abort_requests /fault_tolerance/apply"
)
_STATES = "/server_info /is_sleeping /is_paused /weight_info /get_world_size /kv_event_sources /fault_tolerance/status"

ROUTES: tuple[Route, ...] = (
    *_routes(Use.MODEL, f"{_CHATS} {_COMPLETIONS} {_RESPONSES} {_MESSAGES} {_COHERE} {_VECTORS} {_SCORES} {_SPEECH}"),
    *_routes(Use.MODEL, "/tokenize /detokenize /invocations /inference/v1/generate"),
    *_routes(Use.MODEL, "/v1/responses/{response_id}", "GET"),
    *_routes(Use.MODEL, "/v1/realtime", "WEBSOCKET"),
    *_routes(Use.TELLING, "/v1/models /health /version /load /metrics /tokenizer_info", "GET"),
    *_routes(Use.TELLING, "/ping", "GET", "POST"),
    *_routes(Use.DOCUMENTS, "/openapi.json /docs /docs/oauth2-redirect /redoc /static /static/{file}", "GET"),
    *_routes(Use.ADAPTERS, "/v1/load_lora_adapter /v1/unload_lora_adapter /adapters"),
    *_routes(Use.ADAPTERS, "/adapters/{adapter_name}", "DELETE"),
    *_routes(Use.CLOSED, f"{_SLEEP} {_CACHES} {_WEIGHTS} {_OTHERS}"),
    *_routes(Use.CLOSED, _STATES, "GET"),
)
# What may be reached wherever the engine's own routes are.
OPEN = (Use.MODEL, Use.TELLING, Use.DOCUMENTS)
# The paths that requests are counted by: those that a request from outside may reach somewhere.
NAMED = tuple(dict.fromkeys(route.path for route in ROUTES if route.use is not Use.CLOSED))
# As vLLM says it of a path that it does not have.
MISSING = "Not Found"


def patterns(*uses: Use) -> re.Pattern[str]:
    """What the paths for these uses match."""
    return re.compile("|".join(f"(?:{route.pattern})" for route in ROUTES if route.use in uses), re.ASCII)


class Reachable:
    """An application around the engine's that answers 404 for all but the routes that may be reached.

    Args:
        app: the engine's application; it gets paths without what may stand before them.
        exposure: which routes those are.
    """

    def __init__(self, app: ASGIApp, exposure: Exposure) -> None:
        self._app = app
        self._root = exposure.root_path
        self._paths = patterns(*OPEN, *([Use.ADAPTERS] if exposure.adapters else []))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if not self._is_open(scope["path"]):
            scope = self._below_root(scope)
        if self._is_open(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answers.error(404, MISSING, "NotFoundError")(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return self._paths.fullmatch(path.rstrip("/")) is not None

    def _below_root(self, scope: Scope) -> Scope:
        if not self._root or not scope["path"].startswith(f"{self._root}/"):
            return scope
        path = scope["path"].removeprefix(self._root)
        return {**scope, "path": path, "raw_path": path.encode()}


def reachable(engine: Engine, exposure: Exposure) -> Engine:
    """The engine with those of its routes that may be reached."""
    return Layer(engine, Reachable(engine.app, exposure))
