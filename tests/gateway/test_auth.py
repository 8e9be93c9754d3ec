import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from dragoman.gateway.auth import Guard, Keys
from dragoman.gateway.errors import GatewayError

HOST = "localhost:8000"


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("inside")(scope, receive, send)


def refuse(request: Request, error: GatewayError) -> Response:
    return PlainTextResponse(f"{request.url.path}: {error}", error.status)


def client(*keys: str) -> TestClient:
    return TestClient(Guard(inside, Keys(keys), refuse), base_url=f"http://{HOST}")


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ("one", ("one",)),
        ("one,two", ("one", "two")),
        (" one , two ,", ("one", "two")),
        ("", ()),
        (" , ", ()),
    ],
)
def test_keys_are_separated_by_commas(value: str, keys: tuple[str, ...]) -> None:
    assert Keys.read({"DRAGOMAN_API_KEY": value}).values == keys


def test_no_variable_means_no_keys() -> None:
    assert not Keys.read({})


def test_keys_are_not_shown() -> None:
    assert "secret" not in repr(Keys(("secret",)))


@pytest.mark.parametrize(
    "header", ["Bearer one", "bearer one", "one", "Bearer two", "two", "Bearer  one", "Bearer ключ"]
)
def test_any_key_is_accepted_with_and_without_the_scheme(header: str) -> None:
    response = client("one", "two", "ключ").get("/v2/x", headers={b"authorization": header.encode()})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer three", "Bearer", "", "Bearer one two", "Basic one", "on", "ones", "Bearer é"]
)
def test_anything_else_is_no_key(header: str) -> None:
    response = client("one", "two").get("/v2/x", headers={b"authorization": header.encode()})
    assert response.status_code == 401


def test_a_wrong_key_is_not_repeated() -> None:
    response = client("one").get("/v2/x", headers={"authorization": "Bearer three"})
    assert (response.status_code, response.text) == (401, "/v2/x: the key is wrong")


def test_a_request_without_a_key_is_told_what_is_missing() -> None:
    response = client("one").get("/v2/x")
    assert (response.status_code, response.text) == (401, "/v2/x: the header Authorization: Bearer KEY is missing")


@pytest.mark.parametrize("path", ["/", "/page/app.js"])
def test_the_files_of_the_page_need_no_key(path: str) -> None:
    assert client("one").get(path).text == "inside"


def test_with_keys_any_host_and_any_origin_will_do() -> None:
    headers = {"authorization": "one", "host": "gateway.example", "origin": "https://elsewhere.example"}
    assert client("one").get("/v2/x", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000", "[::1]"])
def test_without_keys_the_machine_itself_is_served(host: str) -> None:
    assert client().get("/v2/x", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example:8000", "192.168.0.1", "0.0.0.0:8000", "", "[", "127.0.0.1@evil.example"],
)
def test_without_keys_other_names_are_not_served(host: str) -> None:
    assert client().get("/v2/x", headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8000", 200),
        ("http://localhost:3000", 403),
        ("http://127.0.0.1:8000", 403),
        ("https://localhost:8000", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_without_keys_only_the_own_page_may_ask(origin: str, status: int) -> None:
    assert client().post("/v2/x", headers={"host": HOST, "origin": origin}).status_code == status


@pytest.mark.parametrize(
    ("path", "site", "status"),
    [
        ("/v2/x", "same-origin", 200),
        ("/v2/x", "none", 200),
        ("/v2/x", "same-site", 403),
        ("/v2/x", "cross-site", 403),
        ("/", "cross-site", 200),
    ],
)
def test_without_keys_an_image_of_another_site_asks_in_vain_and_a_link_leads_here(
    path: str, site: str, status: int
) -> None:
    assert client().get(path, headers={"sec-fetch-site": site}).status_code == status
