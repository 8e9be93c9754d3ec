from datetime import datetime

import pytest
from starlette.types import ASGIApp

from dragoman.platforms.lmi.routes.admission import Admission
from dragoman.platforms.lmi.routes.model import Model
from dragoman.platforms.lmi.routes.models import ModelsApi
from dragoman.settings.values import Value
from tests.platforms.lmi.asking import ask, options
from tests.platforms.lmi.workers import routed

pytestmark = pytest.mark.anyio

UNREGISTERED = 'Model or workflow "test" unregistered'
SCALED = 'Workflow "test" worker scaled. New Worker configuration min workers:1 max workers:1'


def api(admission: Admission | None = None, **changes: Value) -> ASGIApp:
    chosen = options(**changes)
    return routed(ModelsApi(Model(chosen), chosen, admission or Admission(chosen)).routes(), chosen)


@pytest.fixture(autouse=True)
def _without_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.mark.parametrize(
    ("method", "target", "status", "content"),
    [
        (
            "GET",
            "/models",
            200,
            {"models": [{"modelName": "test", "modelUrl": "/opt/ml/model", "status": "READY"}]},
        ),
        ("GET", "/workflows", 200, {"workflows": [{"workflowName": "test"}]}),
        ("GET", "/models?next_page_token=1", 200, {"models": []}),
        ("PUT", "/models/test?min_worker=1&max_worker=1", 200, {"status": SCALED}),
        ("PUT", "/workflows/test", 200, {"status": SCALED}),
        ("PUT", "/models/test?synchronous=false", 202, {"status": SCALED}),
        ("POST", "/models?url=/opt/ml/model", 200, {"status": 'Model "test" registered.'}),
        ("POST", "/workflows?url=/opt/ml/model", 200, {"status": 'Workflow "test" registered.'}),
        (
            "POST",
            "/models?url=/opt/ml/model&synchronous=false",
            202,
            {"status": 'Model "test" registration scheduled.'},
        ),
        ("DELETE", "/models/test", 200, {"status": UNREGISTERED}),
        ("DELETE", "/workflows/test", 200, {"status": UNREGISTERED}),
    ],
)
async def test_management_answers_as_djl_serving_does(
    method: str, target: str, status: int, content: dict[str, Value]
) -> None:
    assert (await ask(api(), method, target)).told == (status, content)


async def test_a_model_is_described() -> None:
    answer = await ask(api(job_queue_size=7), "GET", "/models/test")
    (workflow,) = answer.content
    (model,) = workflow.pop("models")
    (group,) = model.pop("workerGroups")
    (worker,) = group.pop("workers")
    assert workflow == {"workflowName": "test"}
    assert model == {
        "modelName": "test",
        "modelUrl": "/opt/ml/model",
        "batchSize": 1,
        "maxBatchDelayMillis": 100,
        "maxIdleSeconds": 60,
        "queueSize": 7,
        "requestInQueue": 0,
        "status": "Healthy",
        "loadedAtStartup": True,
    }
    assert group == {"device": {"deviceType": "cpu", "deviceId": -1}, "minWorkers": 1, "maxWorkers": 1}
    assert datetime.fromisoformat(worker.pop("startTime")).utcoffset() is not None
    assert worker == {"id": 1, "status": "READY"}


async def test_a_model_on_a_gpu_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    answer = await ask(api(), "GET", "/models/test")
    device = answer.content[0]["models"][0]["workerGroups"][0]["device"]
    assert device == {"deviceType": "gpu", "deviceId": 0}


async def test_requests_that_wait_are_counted() -> None:
    admission = Admission(options(max_num_seqs=1))
    with admission.place(), admission.place():
        answer = await ask(api(admission), "GET", "/models/test")
    assert answer.content[0]["models"][0]["requestInQueue"] == 1


async def test_a_version_is_told_and_asked_for() -> None:
    app = api(model_version="2")
    assert (await ask(app, "GET", "/models")).content["models"][0]["version"] == "2"
    assert (await ask(app, "GET", "/models/test/2")).content[0]["version"] == "2"
    assert (await ask(app, "GET", "/models/test/3")).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/models/other", "/workflows/other", "/models/test/1"])
async def test_other_models_are_not_found(method: str, path: str) -> None:
    status, content = (await ask(api(), method, path)).told
    assert (status, content["type"]) == (404, "ModelNotFoundException")


@pytest.mark.parametrize(
    ("method", "target", "message"),
    [
        ("PUT", "/models/test?min_worker=2", "min_worker can only be 1, not 2: this worker runs its model once."),
        ("PUT", "/models/test?max_worker=0", "max_worker can only be 1, not 0: this worker runs its model once."),
        ("PUT", "/models/test?max_worker=x", "Parameter max_worker is invalid: 'x' is not an integer."),
        ("POST", "/models", "Parameter url is required."),
        ("POST", "/models?url=/opt/ml/model&min_worker=2", "min_worker can only be 1, not 2: this worker runs"),
        ("POST", "/models?url=/other", "This worker serves one model, test from /opt/ml/model. Start another worker"),
        ("POST", "/workflows?url=/flow.json", "This worker serves one model, test from /opt/ml/model."),
    ],
)
async def test_what_one_worker_cannot_do_is_refused(method: str, target: str, message: str) -> None:
    status, content = (await ask(api(), method, target)).told
    assert (status, content["code"], content["type"]) == (400, 400, "BadRequestException")
    assert content["message"].startswith(message)


async def test_a_model_is_unregistered_and_registered_again() -> None:
    app = api()
    await ask(app, "DELETE", "/models/test")
    assert (await ask(app, "GET", "/models")).told == (200, {"models": []})
    assert (await ask(app, "GET", "/models/test")).status == 404
    assert (await ask(app, "DELETE", "/models/test")).status == 404
    content = {"url": "/opt/ml/model", "model_name": "test", "min_worker": 1, "synchronous": True}
    assert (await ask(app, "POST", "/models", content)).told == (200, {"status": 'Model "test" registered.'})
    assert (await ask(app, "GET", "/models/test")).status == 200


async def test_json_is_printed_over_several_lines() -> None:
    answer = await ask(api(), "DELETE", "/models/test")
    assert answer.body.decode() == '{\n  "status": "Model or workflow \\"test\\" unregistered"\n}\n'
