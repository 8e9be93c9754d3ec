import pytest
from starlette.requests import Request
from starlette.responses import Response

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes.table import Handler, Route, Table


def handler() -> Handler:
    async def answer(request: Request) -> Response:
        raise NotImplementedError

    return answer


LIST, DESCRIBE, INVOKE, ENGINE, ROOT = handler(), handler(), handler(), handler(), handler()
TABLE = Table(
    [
        Route("GET", "/models", LIST),
        Route("GET", "/models/{model}", DESCRIBE),
        Route("GET", "/models/{model}/{version}", DESCRIBE),
        Route("DELETE", "/models/{model}/{version}", LIST),
        Route("POST", "/models/{model}/invoke", INVOKE),
        Route("POST", "/v1/{id}/cancel", ENGINE),
        Route("OPTIONS", "/", ROOT),
    ]
)


def find(method: str, path: str) -> tuple[Handler, dict[str, str]]:
    found, parameters = TABLE.find({"method": method, "path": path, "raw_path": path.encode()})
    return found, dict(parameters)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/models", (LIST, {})),
        ("HEAD", "/models", (LIST, {})),
        ("GET", "/models/", (LIST, {})),
        ("GET", "/models/m", (DESCRIBE, {"model": "m"})),
        ("GET", "/models/m/2/", (DESCRIBE, {"model": "m", "version": "2"})),
        ("DELETE", "/models/m/2", (LIST, {"model": "m", "version": "2"})),
        ("POST", "/models/m/invoke", (INVOKE, {"model": "m"})),
        ("GET", "/models/meta%2Fllama%207b", (DESCRIBE, {"model": "meta/llama 7b"})),
        ("GET", "/models/caf%C3%A9", (DESCRIBE, {"model": "café"})),
        ("POST", "/v1/r/cancel", (ENGINE, {"id": "r"})),
        ("OPTIONS", "/", (ROOT, {})),
    ],
)
def test_a_request_is_for_the_row_of_its_method_and_path(
    method: str, path: str, found: tuple[Handler, dict[str, str]]
) -> None:
    assert find(method, path) == found


@pytest.mark.parametrize("path", ["/nothing", "/models/m/1/2", "/models//invoke", "/v1", "/Models"])
def test_a_path_without_a_row_is_not_found(path: str) -> None:
    with pytest.raises(ServerError, match=path) as refused:
        find("GET", path)
    assert (refused.value.status, refused.value.kind) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/models", "GET"),
        ("POST", "/models/m/2", "DELETE, GET"),
        # It could be a version, but what is meant is clear.
        ("GET", "/models/m/invoke", "POST"),
        ("GET", "/", "OPTIONS"),
    ],
)
def test_a_method_without_a_row_is_not_allowed(method: str, path: str, allowed: str) -> None:
    with pytest.raises(ServerError) as refused:
        find(method, path)
    assert (refused.value.status, refused.value.headers) == (405, {"allow": allowed})


def test_a_server_that_keeps_no_raw_path_has_it_read_as_it_is() -> None:
    assert TABLE.find({"method": "GET", "path": "/models/m"}) == (DESCRIBE, {"model": "m"})
