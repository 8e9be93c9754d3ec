from uuid import UUID

import pytest
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from dragoman.platforms.lmi.routes.headers import with_attributes, with_headers
from tests.platforms.lmi.asking import ask

pytestmark = pytest.mark.anyio


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the request's id as it arrived."""
    await Response(Headers(scope=scope)["x-request-id"])(scope, receive, send)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("a=1;b=2", {"a": "1", "b": "2"}),
        ("x-synchronous=false", {"x-synchronous": "false"}),
        (" Model_Name = m ; ;c=d=e", {"model_name": "m", "c": "d=e"}),
        ("a trace id", {}),
        ("", {}),
    ],
)
def test_custom_attributes_are_told_as_headers(attributes: str, expected: dict[str, str]) -> None:
    headers = {"x-amzn-sagemaker-custom-attributes": attributes}
    assert with_attributes(Headers(headers)) == headers | expected


def test_a_header_counts_more_than_an_attribute_of_its_name() -> None:
    headers = Headers({"X-Amzn-SageMaker-Custom-Attributes": "accept=a", "Accept": "b"})
    assert with_attributes(headers)["accept"] == "b"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-request-id": "1"}, "1"),
        ({"x-amzn-sagemaker-inference-id": "2"}, "2"),
        ({"x-request-id": "1", "x-amzn-sagemaker-inference-id": "2"}, "1"),
    ],
)
async def test_a_request_keeps_its_id(headers: dict[str, str], expected: str) -> None:
    answer = await ask(with_headers(echo), "GET", "/", headers=headers)
    assert (answer.headers["x-request-id"], answer.body.decode()) == (expected, expected)


async def test_a_request_without_an_id_gets_one() -> None:
    first, second = [await ask(with_headers(echo), "GET", "/") for _ in range(2)]
    assert UUID(first.body.decode()) != UUID(second.body.decode())


async def test_nobody_keeps_an_answer() -> None:
    answer = await ask(with_headers(echo), "GET", "/")
    assert {name: answer.headers[name] for name in ("pragma", "cache-control", "expires")} == {
        "pragma": "no-cache",
        "cache-control": "no-cache, no-store, must-revalidate, private",
        "expires": "Thu, 01 Jan 1970 00:00:00 UTC",
    }


async def test_headers_that_an_answer_has_stay() -> None:
    app = with_headers(Response(headers={"x-request-id": "own", "cache-control": "public"}))
    answer = await ask(app, "GET", "/")
    assert (answer.headers["x-request-id"], answer.headers["cache-control"]) == ("own", "public")


async def test_websockets_pass() -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        raise NotImplementedError

    scope = {"type": "websocket", "headers": []}
    await with_headers(app)(scope, receive, send)
    assert scopes == [scope]
