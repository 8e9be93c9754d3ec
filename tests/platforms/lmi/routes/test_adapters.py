from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.platforms.lmi.routes.adapters import AdaptersApi
from dragoman.platforms.lmi.routes.model import Model
from dragoman.settings.values import Value
from tests.platforms.lmi.adapters.lora_engine import LoraEngine, adapted, adapter_in, options
from tests.platforms.lmi.workers import routed

pytestmark = pytest.mark.anyio

Answer = dict[str, Any]


@pytest.fixture
def a(tmp_path: Path) -> str:
    return adapter_in(tmp_path / "a")


@pytest.fixture
def engine(anyio_backend: str) -> LoraEngine:
    return LoraEngine()


def client_of(engine: LoraEngine, tmp_path: Path, **changes: Value) -> httpx.AsyncClient:
    chosen = options(tmp_path, **changes)
    api = AdaptersApi(adapted(engine, tmp_path, **changes).adapters, Model(chosen), chosen)
    app = routed(api.routes(), chosen)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://worker")


@pytest.fixture
async def client(engine: LoraEngine, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(engine, tmp_path) as client:
        yield client


@pytest.mark.parametrize("path", ["/adapters", "/models/test/adapters"])
async def test_the_life_of_an_adapter(client: httpx.AsyncClient, engine: LoraEngine, a: str, path: str) -> None:
    registered = await client.post(path, params={"name": "one", "src": a})
    assert (registered.status_code, registered.json()) == (200, {"status": "Adapter one registered"})
    assert engine.loaded == {"one": a}
    known = {"name": "one", "src": a, "preload": True, "pin": False}
    assert (await client.get(path)).json() == {"adapters": [known]}
    assert (await client.get(f"{path}/one")).json() == known
    updated = await client.post(f"{path}/one/update", params={"pin": "true"})
    assert (updated.status_code, updated.json()) == (200, {"status": "Adapter one updated"})
    assert (await client.get(f"{path}/one")).json() == {**known, "pin": True}
    unregistered = await client.delete(f"{path}/one")
    assert (unregistered.status_code, unregistered.json()) == (200, {"status": "Adapter one unregistered"})
    assert (await client.get(path)).json() == {"adapters": []}
    assert engine.loaded == {}


async def test_sagemakers_json(client: httpx.AsyncClient, a: str) -> None:
    answer = await client.post("/adapters", json={"name": "one", "src": a, "preload": False})
    assert answer.json() == {"status": "Adapter one registered"}
    assert (await client.get("/adapters/one")).json()["preload"] is False


async def test_a_status_names_the_alias(client: httpx.AsyncClient, a: str) -> None:
    headers = {"X-Amzn-SageMaker-Adapter-Alias": "friend"}
    registered = await client.post("/adapters", params={"name": "one", "src": a}, headers=headers)
    assert registered.json() == {"status": "Adapter friend registered"}
    updated = await client.post("/adapters/one/update", headers=headers)
    assert updated.json() == {"status": "Adapter friend updated"}
    unregistered = await client.delete("/adapters/one", headers=headers)
    assert unregistered.json() == {"status": "Adapter friend unregistered"}


async def test_any_text_is_a_name(client: httpx.AsyncClient, a: str) -> None:
    await client.post("/adapters", params={"name": "team/é one", "src": a})
    assert (await client.get("/adapters/team%2F%C3%A9%20one")).json()["name"] == "team/é one"
    assert (await client.delete("/adapters/team%2F%C3%A9%20one")).status_code == 200


async def test_more_parameters_are_the_formatters_own(client: httpx.AsyncClient, a: str) -> None:
    assert (await client.post("/adapters", params={"name": "one", "src": a, "more": "x"})).status_code == 200


async def test_a_list_comes_in_pages(client: httpx.AsyncClient, a: str) -> None:
    for name in "xyz":
        await client.post("/adapters", params={"name": name, "src": a})
    first = (await client.get("/adapters", params={"limit": 2})).json()
    assert [each["name"] for each in first["adapters"]] == ["x", "y"]
    rest = (await client.get("/adapters", params={"limit": 2, "next_page_token": first["nextPageToken"]})).json()
    assert [each["name"] for each in rest["adapters"]] == ["z"]
    assert "nextPageToken" not in rest


@pytest.mark.parametrize(
    ("method", "path", "params", "status", "body"),
    [
        ("POST", "/adapters", {"src": "{a}"}, 400, {"type": "BadRequestException"}),
        ("POST", "/adapters", {"name": "", "src": "{a}"}, 400, {"message": "Parameter name is required."}),
        ("POST", "/adapters", {"name": "one"}, 400, {"message": "Parameter src is required."}),
        ("POST", "/adapters", {"name": "one", "src": "{a}", "pin": "maybe"}, 400, {"type": "BadRequestException"}),
        ("POST", "/adapters", {"name": "one", "src": "/no/such"}, 424, {"code": 424}),
        ("POST", "/adapters", {"name": "one", "src": "s3://b/one"}, 424, {"code": 424}),
        ("POST", "/adapters", {"name": "one", "src": "{a}", "preload": "false", "pin": "true"}, 424, {"code": 424}),
        ("POST", "/adapters", {"name": "there", "src": "{a}"}, 409, {"type": "IllegalArgumentException"}),
        ("POST", "/models/no/adapters", {"name": "one", "src": "{a}"}, 404, {"type": "BadRequestException"}),
        ("GET", "/models/no/adapters", {}, 404, {"type": "BadRequestException", "message": "Model not found: no"}),
        ("GET", "/adapters/no", {}, 404, {"type": "BadRequestException", "message": "The adapter no was not found"}),
        ("GET", "/adapters", {"limit": "many"}, 400, {"type": "BadRequestException"}),
        ("DELETE", "/adapters/no", {}, 404, {"type": "BadRequestException"}),
        ("DELETE", "/models/no/adapters/there", {}, 404, {"type": "BadRequestException"}),
        ("POST", "/adapters/no/update", {}, 404, {"type": "BadRequestException"}),
        ("POST", "/adapters/there/update", {"src": "/elsewhere"}, 424, {"code": 424}),
        ("PUT", "/adapters/there", {}, 405, {"type": "MethodNotAllowedException"}),
    ],
)
async def test_refusals(
    client: httpx.AsyncClient, a: str, method: str, path: str, params: dict[str, str], status: int, body: Answer
) -> None:
    await client.post("/adapters", params={"name": "there", "src": a})
    answer = await client.request(method, path, params={name: value.format(a=a) for name, value in params.items()})
    assert answer.status_code == status
    assert answer.json().items() >= {"code": status, **body}.items()
    assert [each["name"] for each in (await client.get("/adapters")).json()["adapters"]] == ["there"]


@pytest.mark.parametrize("content", ["{", "[]", '{"name": 1, "src": "/a"}', '{"name": "one", "src": ["/a"]}'])
async def test_json_that_says_nothing(client: httpx.AsyncClient, content: str) -> None:
    answer = await client.post("/adapters", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "BadRequestException")


async def test_no_slots(engine: LoraEngine, tmp_path: Path, a: str) -> None:
    async with client_of(engine, tmp_path, max_loras=1) as client:
        await client.post("/adapters", params={"name": "one", "src": a, "pin": "true"})
        answer = await client.post("/adapters", params={"name": "two", "src": a})
    assert (answer.status_code, answer.json()["code"]) == (507, 507)
    assert answer.json()["error"].startswith("No free LoRA slots")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/adapters"), ("POST", "/adapters"), ("GET", "/adapters/a"), ("DELETE", "/models/test/adapters/a")],
)
async def test_without_lora(engine: LoraEngine, tmp_path: Path, method: str, path: str) -> None:
    async with client_of(engine, tmp_path, enable_lora=False) as client:
        answer = await client.request(method, path)
    assert answer.status_code == 400
    assert answer.json() == {"code": 400, "type": "BadRequestException", "message": "LoRA is not enabled."}


async def test_the_operators_code_for_bad_requests(engine: LoraEngine, tmp_path: Path) -> None:
    async with client_of(engine, tmp_path, bad_request_http_code=422) as client:
        assert (await client.post("/adapters")).status_code == 422


async def test_an_alias_may_be_among_the_custom_attributes(client: httpx.AsyncClient, a: str) -> None:
    headers = {"X-Amzn-SageMaker-Custom-Attributes": "X-Amzn-SageMaker-Adapter-Alias=friend"}
    registered = await client.post("/adapters", params={"name": "one", "src": a}, headers=headers)
    assert registered.json() == {"status": "Adapter friend registered"}
