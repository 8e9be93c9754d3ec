import pytest
from starlette.requests import Request
from starlette.responses import Response

from dragoman.platforms.datarobot.routes.table import Handler, NoRouteError, Route, Table, WrongMethodError


def handler() -> Handler:
    async def answer(request: Request) -> Response:
        raise NotImplementedError

    return answer


ROOT, CHAT, GET, PUT = handler(), handler(), handler(), handler()
TABLE = Table(
    [
        Route("GET", "/", ROOT),
        Route("POST", "/v1/chat/completions", CHAT),
        Route("GET", "/nim/*", GET),
        Route("PUT", "/nim/*", PUT),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/", ROOT),
        ("GET", "", ROOT),
        ("POST", "/v1/chat/completions", CHAT),
        ("POST", "/v1/chat/completions/", CHAT),
        ("GET", "/nim/v1/models", GET),
        ("PUT", "/nim/a", PUT),
    ],
)
def test_a_request_is_for_the_row_of_its_method_and_path(method: str, path: str, found: Handler) -> None:
    assert TABLE.find({"method": method, "path": path}) is found


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/chat/completions/more", "/nim", "/nim/", "/V1/chat/completions"]
)
def test_a_path_without_a_row_is_not_found(path: str) -> None:
    with pytest.raises(NoRouteError):
        TABLE.find({"method": "GET", "path": path})


def test_a_path_says_which_methods_it_has() -> None:
    with pytest.raises(WrongMethodError) as wrong:
        TABLE.find({"method": "POST", "path": "/nim/a"})
    assert wrong.value.allowed == ("GET", "PUT")
