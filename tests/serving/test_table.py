import pytest
from starlette.requests import Request
from starlette.responses import Response

from dragoman.serving.table import Handler, NoRouteError, Route, Table, WrongMethodError


def handler() -> Handler:
    async def answer(request: Request) -> Response:
        raise NotImplementedError

    return answer


LIST, DESCRIBE, INVOKE, ENGINE, ROOT, GET, PUT = (handler() for _ in range(7))
TABLE = Table(
    [
        Route("GET", "/nim/*", GET),
        Route("PUT", "/nim/*", PUT),
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
        ("GET", "/models/", (LIST, {})),
        ("GET", "/models/m", (DESCRIBE, {"model": "m"})),
        ("GET", "/models/m/2/", (DESCRIBE, {"model": "m", "version": "2"})),
        ("DELETE", "/models/m/2", (LIST, {"model": "m", "version": "2"})),
        ("POST", "/models/m/invoke", (INVOKE, {"model": "m"})),
        ("GET", "/models/meta%2Fllama%207b", (DESCRIBE, {"model": "meta/llama 7b"})),
        ("GET", "/models/caf%C3%A9", (DESCRIBE, {"model": "café"})),
        ("POST", "/v1/r/cancel", (ENGINE, {"id": "r"})),
        ("OPTIONS", "/", (ROOT, {})),
        ("OPTIONS", "", (ROOT, {})),
        ("GET", "/nim/v1/models", (GET, {})),
        ("GET", "/nim//models/", (GET, {})),
        ("PUT", "/nim/a", (PUT, {})),
    ],
)
def test_a_request_is_for_the_row_of_its_method_and_path(
    method: str, path: str, found: tuple[Handler, dict[str, str]]
) -> None:
    assert find(method, path) == found


@pytest.mark.parametrize(
    "path", ["/nothing", "/models/m/1/2", "/models//invoke", "/v1", "/Models", "/nim", "/nim/", "/NIM/a"]
)
def test_a_path_without_a_row_is_not_found(path: str) -> None:
    with pytest.raises(NoRouteError) as missing:
        find("GET", path)
    assert missing.value.path == path


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/models", ("GET",)),
        ("POST", "/models/m/2", ("DELETE", "GET")),
        # It could be a version, but what is meant is clear.
        ("GET", "/models/m/invoke", ("POST",)),
        ("GET", "/", ("OPTIONS",)),
        ("POST", "/nim/a", ("GET", "PUT")),
    ],
)
def test_a_method_without_a_row_is_not_allowed(method: str, path: str, allowed: tuple[str, ...]) -> None:
    with pytest.raises(WrongMethodError) as wrong:
        find(method, path)
    assert (wrong.value.method, wrong.value.allowed) == (method, allowed)


@pytest.mark.parametrize("model", ["m", "café", "50%25"])
def test_a_server_that_keeps_no_raw_path_has_it_read_as_it_is(model: str) -> None:
    assert TABLE.find({"method": "GET", "path": f"/models/{model}"}) == (DESCRIBE, {"model": model})
