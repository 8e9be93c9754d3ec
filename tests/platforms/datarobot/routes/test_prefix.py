import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from dragoman.platforms.datarobot.routes.prefix import below, under
from tests.platforms.datarobot.asking import ask

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("prefix", "path", "found"),
    [
        ("", "/ping/", "/ping/"),
        ("/pfx", "/pfx/ping/", "/ping/"),
        ("/deployments/abc", "/deployments/abc/v1/models", "/v1/models"),
        ("/pfx", "/pfx/", "/"),
        ("/pfx", "/pfx", "/"),
        ("/pfx", "/ping/", None),
        ("/pfx", "/", None),
        ("/pfx", "/pfxping", None),
        ("/pfx", "/other/pfx/ping", None),
    ],
)
def test_a_path_has_the_prefix_or_is_another(prefix: str, path: str, found: str | None) -> None:
    assert below(prefix, path) == found


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(scope["path"])(scope, receive, send)


async def test_an_application_sees_what_is_below_the_prefix() -> None:
    assert (await ask(under("/pfx", app), "GET", "/pfx/ping/")).body == b"/ping/"


async def raw(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(scope["raw_path"])(scope, receive, send)


async def test_the_path_is_encoded_as_often_as_it_was() -> None:
    assert (await ask(under("/pfx", raw), "GET", "/pfx/50%é")).body == b"/50%25%C3%A9"


async def test_there_is_nothing_beside_the_prefix() -> None:
    answer = await ask(under("/pfx", app), "GET", "/ping/")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
