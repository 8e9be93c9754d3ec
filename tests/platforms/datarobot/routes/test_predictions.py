import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dragoman.platforms.datarobot.predictions import frames
from dragoman.platforms.datarobot.predictions.shapes import Extra, Predictions
from dragoman.settings.values import Value
from tests.platforms.datarobot.asking import Answer, ask, form
from tests.platforms.datarobot.engines import Trouble, VllmLike
from tests.platforms.datarobot.workers import worker

pytestmark = pytest.mark.anyio

CSV = {"content-type": "text/csv"}
Hooked = Callable[..., None]


async def predict(engine: VllmLike, *prompts: str, **settings: Value) -> Answer:
    csv = "\n".join(("promptText", *prompts)).encode()
    return await ask(worker(engine, **settings), "POST", "/predict/", csv, CSV)


async def left(engine: VllmLike, *prompts: str) -> None:
    """Has a client leave when the engine has seen all prompts."""
    asking = asyncio.create_task(predict(engine, *prompts))
    while len(engine.prompts) < len(prompts):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["/predict", "/predictions", "/invocations"])
async def test_a_row_is_predicted(engine: VllmLike, path: str, slash: str) -> None:
    answer = await ask(worker(engine), "POST", path + slash, b"promptText\nhi", CSV)
    assert answer.told == (200, {"predictions": ["R:hi"]})
    assert answer.headers["content-type"] == "application/json"


async def test_a_form_may_bring_the_rows(engine: VllmLike) -> None:
    body, headers = form("X", "in.csv", b"promptText\nhi\nthere\n")
    answer = await ask(worker(engine), "POST", "/predict/", body, headers)
    assert answer.told == (200, {"predictions": ["R:hi", "R:there"]})


async def test_a_row_that_ends_before_its_prompt_is_a_bad_request(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", "/predict/", b"a,promptText\n1\n", CSV)
    message = "ERROR: Bad payload: row 1: it has no cell in the column promptText"
    assert answer.told == (400, {"message": message})
    assert not engine.seen


async def test_predictions_are_in_the_order_of_the_rows(engine: VllmLike) -> None:
    late = asyncio.Event()
    engine.troubles = {"first": Trouble(waits=late)}
    predicting = asyncio.create_task(predict(engine, "first", "second"))
    while len(engine.prompts) < 2:
        await asyncio.sleep(0)
    late.set()
    assert (await predicting).content == {"predictions": ["R:first", "R:second"]}


async def test_a_row_may_have_several_predictions(engine: VllmLike) -> None:
    answer = await predict(engine, "a", "b", n=2)
    assert answer.content == {"predictions": ["R:a", "R1:a", "R:b", "R1:b"]}


async def test_a_header_alone_has_no_predictions(engine: VllmLike) -> None:
    assert (await predict(engine)).told == (200, {"predictions": []})
    assert not engine.seen


async def test_rows_are_asked_as_the_runtime_parameters_say(engine: VllmLike) -> None:
    await predict(engine, "hi", system_prompt="Be kind.", n=2, temperature=0, max_tokens=3)
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}]
    sampled = {"n": 2, "temperature": 0, "max_tokens": 3}
    assert engine.last.content == {"model": "datarobot-deployed-llm", "messages": messages, **sampled}


async def test_the_column_of_prompts_has_the_name_that_was_chosen(engine: VllmLike) -> None:
    app = worker(engine, prompt_column_name="question")
    answer = await ask(app, "POST", "/predict/", b"promptText,question\nhi,why", CSV)
    assert answer.content == {"predictions": ["R:why"]}


async def test_a_missing_column_is_named(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", "/predict/", b"wrong\nhi", CSV)
    assert answer.told == (500, {"message": "ERROR: Model expects column names '['promptText']'"})


@pytest.mark.parametrize("headers", [{"content-type": "application/json"}, {"content-type": "text/mtx"}])
async def test_other_payloads_are_not_processed(engine: VllmLike, headers: Mapping[str, str]) -> None:
    answer = await ask(worker(engine), "POST", "/predict/", b"{}", headers)
    assert answer.status == 422
    assert answer.content["message"].startswith(f"ERROR: payload format `{headers['content-type']}` is not supported")


async def test_a_request_without_rows_is_not_processed(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", "/predict/")
    assert answer.status == 422
    assert answer.content["message"].startswith("ERROR: Samples should be provided as: ")


async def test_a_deployment_has_its_own_shape(engine: VllmLike, tmp_path: Path) -> None:
    config = tmp_path / "deployment.json"
    config.write_text('{"target": {"name": "answer", "class_mapping": null}}')
    row = {"prediction": "R:hi", "predictionValues": [{"label": "answer", "value": "R:hi"}], "rowId": 0}
    assert (await predict(engine, "hi", deployment_config=str(config))).content == {"data": [row]}


async def test_as_many_rows_are_under_way_as_there_are_places(engine: VllmLike) -> None:
    answer = await predict(engine, *map(str, range(30)), concurrent_rows=8)
    assert answer.content == {"predictions": [f"R:{number}" for number in range(30)]}
    assert engine.most_under_way == 8


@pytest.mark.parametrize(("status", "word"), [(400, "Bad payload: "), (404, ""), (429, ""), (500, "")])
async def test_one_rows_failure_is_that_of_the_request(engine: VllmLike, status: int, word: str) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    engine.troubles = {"bad": Trouble(refusal=(status, "no"))}
    answer = await predict(engine, "a", "bad", "c")
    assert answer.told == (status, {"message": f"ERROR: {word}row 2: Error code: {status} - no"})
    assert sorted(engine.aborted) == ["a", "c"]


async def test_an_engine_that_fails_is_told_by_row(engine: VllmLike) -> None:
    engine.trouble = Trouble(raises=RuntimeError("gone"))
    answer = await predict(engine, "a")
    assert answer.told == (500, {"message": "ERROR: row 1: Error code: 500 - its answer broke off"})


async def test_a_row_that_takes_too_long_fails_its_request(engine: VllmLike) -> None:
    engine.troubles = {"slow": Trouble(waits=asyncio.Event())}
    answer = await predict(engine, "a", "slow", request_timeout=0.05)
    assert answer.told == (500, {"message": "ERROR: row 2: Request timed out."})
    assert engine.aborted == ["slow"]


async def test_a_client_that_leaves_ends_all_its_rows(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    await left(engine, "a", "b", "c")
    assert sorted(engine.aborted) == ["a", "b", "c"]
    assert engine.under_way == 0


async def test_the_engine_sees_an_id_for_each_row(engine: VllmLike) -> None:
    await ask(worker(engine), "POST", "/predict/", b"promptText\na\nb", {**CSV, "x-request-id": "r"})
    assert [seen.headers["x-request-id"] for seen in engine.seen] == ["r-1", "r-2"]
    assert engine.last.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/predictUnstructured/", "/predictionsUnstructured/", "/predictUnstructured"])
async def test_there_are_no_unstructured_predictions(engine: VllmLike, path: str) -> None:
    answer = await ask(worker(engine), "POST", path, b"hi")
    assert answer.told == (500, {"message": "ERROR: The unstructured target type is not supported"})


async def test_there_is_no_transformation(engine: VllmLike) -> None:
    message = "ERROR: This model has target type TargetType.TEXT_GENERATION, use the /predict/ endpoint."
    assert (await ask(worker(engine), "POST", "/transform/", b"hi")).told == (422, {"message": message})


@pytest.fixture
def framed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that are what they were made of."""
    monkeypatch.setattr(frames, "frame", lambda data: data)

    def predictions(scored: Any, target: str) -> Predictions:  # noqa: ANN401
        return Predictions(scored, Extra(["target"], [0], [[target]]))

    monkeypatch.setattr(frames, "predictions", predictions)


@pytest.mark.usefixtures("framed")
async def test_a_hook_scores_in_the_engines_place(engine: VllmLike, hooked: Hooked) -> None:
    hooked(score=lambda data, model, **kwargs: [data.decode(), model, kwargs])
    extra = {"columns": ["target"], "index": [0], "data": [["resultText"]]}
    predictions = ["promptText\nhi", "the model", {}]
    assert (await predict(engine, "hi")).content == {"predictions": predictions, "extraModelOutput": extra}
    assert not engine.seen


@pytest.mark.usefixtures("framed")
async def test_a_hook_that_fails_is_an_error(engine: VllmLike, hooked: Hooked) -> None:
    def score(data: object, model: object) -> object:
        raise ValueError("no luck")

    hooked(score=score)
    message = "ERROR: Model 'score' hook failed to make predictions. Exception: ValueError('no luck')"
    assert (await predict(engine, "hi")).told == (500, {"message": message})


async def test_a_hook_needs_pandas(engine: VllmLike, hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    hooked(score=lambda data, model: data)
    answer = await predict(engine, "hi")
    assert (answer.status, "pandas" in answer.content["message"]) == (500, True)


async def test_a_hook_scores_a_data_frame_of_pandas(engine: VllmLike, hooked: Hooked) -> None:
    pandas: ModuleType = pytest.importorskip("pandas")

    def score(data: Any, model: object, **kwargs: object) -> Any:  # noqa: ANN401
        return pandas.DataFrame({"resultText": data["promptText"].str.upper(), "length": data["promptText"].str.len()})

    hooked(score=score)
    extra = {"columns": ["length"], "index": [0, 1], "data": [[2], [5]]}
    assert (await predict(engine, "hi", "there")).content == {"predictions": ["HI", "THERE"], "extraModelOutput": extra}
