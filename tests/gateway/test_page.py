import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dragoman.gateway import page
from dragoman.gateway.auth import Keys
from tests.page.sources import Sources

SOURCES = Sources(page.FOLDER)


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=page.routes("my/endpoint", Keys(("secret",)), 6.0)), "http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page/style.css", "text/css; charset=utf-8"),
        ("/page/app.js", "text/javascript; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml"),
        ("/page/endpoint.json", "application/json"),
    ],
)
def test_each_file_says_what_it_is(client: TestClient, path: str, media_type: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == media_type


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/page/endpoint.json"])
def test_nothing_but_the_page_itself_may_run(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    policy = [directive.strip() for directive in headers["content-security-policy"].split(";")]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/page/style.css", "/page/endpoint.json"])
def test_a_browser_asks_again_and_gets_only_what_has_changed(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    changed = client.get(path, headers={"if-none-match": '"other"'})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, changed.content) == (200, first.content)


def test_a_head_request_is_answered(client: TestClient) -> None:
    assert client.head("/").status_code == 200


@pytest.mark.parametrize("path", ["/page/", "/page/index.html", "/page/../page.py", "/page/nothing.js"])
def test_there_is_nothing_else(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_learns_its_endpoint_and_how_a_worker_is_started_but_no_key(client: TestClient) -> None:
    response = client.get("/page/endpoint.json")

    body = response.json()
    assert body["id"] == "my/endpoint"
    assert any("http://127.0.0.1:8000/v2/my%2Fendpoint/job-take/$ID" in line for line in body["workerLines"])
    assert 'export RUNPOD_AI_API_KEY="$DRAGOMAN_API_KEY"' in body["workerLines"]
    assert "export RUNPOD_PING_INTERVAL=2000" in body["workerLines"]
    assert "secret" not in response.text


def test_its_files_keep_the_rules_for_pages() -> None:
    SOURCES.check()
