"""All that a DataRobot worker answers while its engine runs."""

from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.engine.client import Client
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.calls import DrumCalls
from dragoman.platforms.datarobot.routes.chat import ChatApi
from dragoman.platforms.datarobot.routes.direct_access import DirectAccess
from dragoman.platforms.datarobot.routes.error_responses import error_response
from dragoman.platforms.datarobot.routes.headers import with_headers
from dragoman.platforms.datarobot.routes.models import ModelsApi
from dragoman.platforms.datarobot.routes.predictions import PredictionsApi
from dragoman.platforms.datarobot.routes.prefix import under
from dragoman.platforms.datarobot.routes.standing import LIVENESS, standing
from dragoman.platforms.datarobot.sentinel import Sentinel
from dragoman.serving.front import METRICS, while_serving
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.probes import Probe, while_away
from dragoman.serving.router import Router
from dragoman.serving.table import Handler, Route, Table


def application(
    engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, options: Options, probe: Probe
) -> ASGIApp:
    """The application of a worker whose engine runs.

    Args:
        engine: what generates.
        lifecycle: the stage of the worker's life.
        metrics: the worker's.
        options: what the owner of the model chose.
        probe: what answers by the stage of the worker's life alone.
    """
    client = Client(engine.app)
    calls = DrumCalls(client, options)
    table = Table(
        [
            *_standing(lifecycle, options),
            *PredictionsApi(calls, options).routes(),
            *ChatApi(calls, options).routes(),
            *ModelsApi(calls).routes(),
            *DirectAccess(client, options).routes(),
            _metrics(metrics, client),
        ]
    )
    routes = under(options.url_prefix, Router(table, error_response))
    return with_headers(while_serving(engine, lifecycle, routes, while_away(probe, lifecycle)))


def _standing(lifecycle: Lifecycle, options: Options) -> Iterator[Route]:
    sentinel = Sentinel(options.directory.resolve())
    for path, respond in standing(lifecycle, options).items():
        yield Route("GET", path, _living(respond, sentinel) if path in LIVENESS else _answering(respond))


def _answering(respond: Callable[[], Response]) -> Handler:
    async def answer(request: Request) -> ASGIApp:
        return respond()

    return answer


def _living(respond: Callable[[], Response], sentinel: Sentinel) -> Handler:
    """Leaves DRUM's mark of an engine that has answered, since this is asked of one that does."""

    async def answer(request: Request) -> ASGIApp:
        sentinel.touch()
        return respond()

    return answer


def _metrics(metrics: WorkerMetrics, client: Client) -> Route:
    async def answer(request: Request) -> ASGIApp:
        return await metrics.response(client, request.scope["query_string"])

    return Route("GET", METRICS, answer)
