"""All that an LMI worker answers while its engine runs."""

from collections.abc import Iterator
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.engine.client import Client
from dragoman.platforms.lmi.adapters.engine import adapted
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes.adapters import AdaptersApi
from dragoman.platforms.lmi.routes.admission import Admission
from dragoman.platforms.lmi.routes.documents import document
from dragoman.platforms.lmi.routes.engine import EngineApi
from dragoman.platforms.lmi.routes.error_responses import error_response
from dragoman.platforms.lmi.routes.headers import with_headers
from dragoman.platforms.lmi.routes.inference import Inference
from dragoman.platforms.lmi.routes.logging import set_level
from dragoman.platforms.lmi.routes.metrics import MetricsApi
from dragoman.platforms.lmi.routes.model import Model
from dragoman.platforms.lmi.routes.models import ModelsApi
from dragoman.platforms.lmi.routes.openai import PATHS, OpenAI
from dragoman.platforms.lmi.routes.passage import Passage
from dragoman.serving.front import front, while_serving
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.line import patient
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.probes import Probe
from dragoman.serving.router import Router
from dragoman.serving.table import Route, Table

ANSWERING = (
    "/",
    "/invocations",
    "/predictions/{model}",
    "/predictions/{model}/{version}",
    "/models/{model}/invoke",
)


def application(
    engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, options: Options, probe: Probe
) -> ASGIApp:
    """The application of a worker whose engine runs.

    Args:
        engine: what generates.
        lifecycle: the stage of the worker's life.
        metrics: the worker's.
        options: what the operator chose.
        probe: what answers by the stage of the worker's life alone.
    """
    adapting = adapted(engine, options)
    model = Model(options)
    theirs = front(adapting, lifecycle, metrics, probe)
    admission = Admission(options)
    passage = Passage(adapting.app, options)
    inference = Inference(adapting, model, admission, options)
    engines = EngineApi(adapting.app, theirs, model, admission, passage)
    own = (
        *inference.routes(),
        *ModelsApi(model, options, admission).routes(),
        *AdaptersApi(adapting.adapters, model, options).routes(),
        *_server(MetricsApi(metrics, Client(adapting.app))),
    )
    rows = (
        *own,
        *OpenAI(adapting, inference, model, admission, passage, options).routes(),
        *engines.routes(),
        *engines.telling_routes(*PATHS),
        *_open(model, theirs),
    )
    router = Router(Table(rows), partial(error_response, options))
    app = while_serving(engine, lifecycle, router, theirs)
    return with_headers(patient(app, options.chunked_read_timeout))


def _server(metrics: MetricsApi) -> Iterator[Route]:
    yield Route("POST", "/server/logging", set_level)
    for method in ("GET", "POST"):
        yield Route(method, "/server/metrics", metrics.all)


def _open(model: Model, theirs: ASGIApp) -> Iterator[Route]:
    """/ping, which names no model while none is registered, and what DJL Serving answers to browsers."""

    async def ping(request: Request) -> ASGIApp:
        return theirs if model.registered else document({})

    yield Route("GET", "/ping", ping)
    for path in ANSWERING:
        yield Route("OPTIONS", path, _nothing)


async def _nothing(request: Request) -> Response:
    return document({})
