from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes.parameters import flag, integer, page, parameters, text
from dragoman.serving.entrance.limits import Limits

pytestmark = pytest.mark.anyio


def request(query: bytes = b"", body: bytes = b"", content_type: bytes = b"application/json") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", content_type)]
    return Request({"type": "http", "query_string": query, "headers": headers}, receive)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (request(b"url=s3%3A%2F%2Fb&min_worker=1&empty="), {"url": "s3://b", "min_worker": "1"}),
        (request(body=b'{"url": "u", "min_worker": 1, "engine": null}'), {"url": "u", "min_worker": 1}),
        (request(b"url=q", b'{"url": "b"}'), {"url": "b"}),
        (request(b"url=q", b'{"url": "b"}', b"text/plain"), {"url": "q"}),
        (request(), {}),
    ],
)
async def test_parameters_come_in_the_query_or_in_json(given: Request, expected: dict[str, Any]) -> None:
    assert await parameters(given, Limits()) == expected


@pytest.mark.parametrize("body", [b"{", b"[]", b"1"])
async def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ServerError, match="The body is not") as refused:
        await parameters(request(body=body), Limits())
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("body", "limits", "says"),
    [
        (b'{"a": [[]]}', Limits(max_json_depth=2), "more than 2 levels deep"),
        (b"," * (2**21 + 1), Limits(), "more than 2097152 commas"),
    ],
)
async def test_a_body_beyond_the_limits_is_refused(body: bytes, limits: Limits, says: str) -> None:
    with pytest.raises(ServerError, match=says) as refused:
        await parameters(request(body=body), limits)
    assert refused.value.status == 400


@pytest.mark.parametrize(("given", "value"), [({"t": "x"}, "x"), ({"t": 3}, "3"), ({}, None)])
def test_a_text(given: dict[str, Any], value: str | None) -> None:
    assert text(given, "t") == value


@pytest.mark.parametrize(("given", "value"), [({"n": "3"}, 3), ({"n": 3}, 3), ({}, 7)])
def test_a_number(given: dict[str, Any], value: int) -> None:
    assert integer(given, "n", 7) == value


@pytest.mark.parametrize(("given", "value"), [({"f": "False"}, False), ({"f": True}, True), ({}, True)])
def test_a_flag(given: dict[str, Any], value: bool) -> None:
    assert flag(given, "f", True) is value


def test_values_that_are_none_are_refused() -> None:
    with pytest.raises(ServerError, match="Parameter n is invalid: 'x' is not an integer"):
        integer({"n": "x"}, "n", 0)
    with pytest.raises(ServerError, match="Parameter f is invalid: 'x' is not a boolean"):
        flag({"f": "x"}, "f", True)
    with pytest.raises(ServerError, match="Parameter t is invalid"):
        text({"t": {}}, "t")


@pytest.mark.parametrize(
    ("given", "items", "following"),
    [
        ({}, "abcde", {}),
        ({"limit": "2"}, "ab", {"nextPageToken": "2"}),
        ({"limit": "2", "next_page_token": "2"}, "cd", {"nextPageToken": "4"}),
        ({"limit": "2", "next_page_token": "4"}, "e", {}),
        ({"next_page_token": "9"}, "", {}),
        ({"limit": "-1", "next_page_token": "-1"}, "abcde", {}),
        ({"limit": "101"}, "abcde", {}),
    ],
)
def test_lists_come_in_pages(given: dict[str, str], items: str, following: dict[str, str]) -> None:
    assert page("abcde", given) == (items, following)
