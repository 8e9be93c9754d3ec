"""/models and /workflows: DJL Serving's management of models, of which there is one here."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dragoman.machine import count_gpus
from dragoman.platforms.lmi.errors import bad_request
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes.admission import Admission
from dragoman.platforms.lmi.routes.documents import document, status
from dragoman.platforms.lmi.routes.model import Model
from dragoman.platforms.lmi.routes.parameters import Parameters, flag, integer, page, parameters, text
from dragoman.serving.table import Route

# DJL Serving's defaults; vLLM makes its own batches, and its one worker never idles away.
BATCHES = {"batchSize": 1, "maxBatchDelayMillis": 100, "maxIdleSeconds": 60}
AUTOMATIC = -1
GPU = {"deviceType": "gpu", "deviceId": 0}
CPU = {"deviceType": "cpu", "deviceId": -1}


class ModelsApi:
    """Lists, describes, registers, scales and unregisters the model.

    Args:
        model: the model.
        options: what the operator chose.
        admission: knows how many requests wait.
    """

    def __init__(self, model: Model, options: Options, admission: Admission) -> None:
        self._model = model
        self._options = options
        self._admission = admission
        self._device = GPU if count_gpus(os.environ) else CPU
        self._started = datetime.fromtimestamp(time.time(), UTC)

    def routes(self) -> Iterator[Route]:
        """The rows; a workflow is the one model in it."""
        for path, kind, listing in (("/models", "Model", self._models), ("/workflows", "Workflow", self._workflows)):
            yield Route("GET", path, listing)
            yield Route("POST", path, partial(self._register, kind))
            for one in (f"{path}/{{model}}", f"{path}/{{model}}/{{version}}"):
                yield Route("GET", one, self._describe)
                yield Route("PUT", one, self._scale)
                yield Route("DELETE", one, self._unregister)

    async def _models(self, request: Request) -> Response:
        model = {"modelName": self._model.name, **self._version(), "modelUrl": self._model.url, "status": "READY"}
        return self._list("models", model, request)

    async def _workflows(self, request: Request) -> Response:
        return self._list("workflows", {"workflowName": self._model.name, **self._version()}, request)

    def _list(self, name: str, item: dict[str, Any], request: Request) -> Response:
        items, following = page([item] if self._model.registered else [], request.query_params)
        return document(following | {name: items})

    async def _describe(self, request: Request) -> Response:
        self._demand(request)
        workflow = {"workflowName": self._model.name, **self._version(), "models": [self._description()]}
        return document([workflow])

    async def _register(self, kind: str, request: Request) -> Response:
        given = await parameters(request, self._options.limits)
        _one_worker(given)
        self._model.register(*(text(given, name) for name in ("url", "model_name", "model_version")))
        if flag(given, "synchronous", True):
            return status(f'{kind} "{self._model.name}" registered.')
        return status(f'{kind} "{self._model.name}" registration scheduled.', HTTPStatus.ACCEPTED)

    async def _scale(self, request: Request) -> Response:
        self._demand(request)
        given = await parameters(request, self._options.limits)
        _one_worker(given)
        done = f'Workflow "{self._model.name}" worker scaled. New Worker configuration min workers:1 max workers:1'
        return status(done, HTTPStatus.OK if flag(given, "synchronous", True) else HTTPStatus.ACCEPTED)

    async def _unregister(self, request: Request) -> Response:
        self._demand(request)
        self._model.unregister()
        return status(f'Model or workflow "{self._model.name}" unregistered')

    def _demand(self, request: Request) -> None:
        self._model.demand(request.path_params["model"], request.path_params.get("version"))

    def _version(self) -> dict[str, str]:
        return {"version": self._model.version} if self._model.version else {}

    def _description(self) -> dict[str, Any]:
        started = self._started.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        worker = {"id": 1, "startTime": started, "status": "READY"}
        return {
            "modelName": self._model.name,
            "modelUrl": self._model.url,
            **BATCHES,
            "queueSize": self._options.job_queue_size,
            "requestInQueue": self._admission.waiting,
            "status": "Healthy",
            "loadedAtStartup": True,
            "workerGroups": [{"device": self._device, "minWorkers": 1, "maxWorkers": 1, "workers": [worker]}],
        }


def _one_worker(given: Parameters) -> None:
    for name in ("min_worker", "max_worker"):
        if (number := integer(given, name, AUTOMATIC)) not in (AUTOMATIC, 1):
            raise bad_request(f"{name} can only be 1, not {number}: this worker runs its model once.")
