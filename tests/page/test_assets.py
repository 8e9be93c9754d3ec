from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dragoman.page.assets import COMMON, MEDIA_TYPES, Asset, assets

BODY = b"body { margin: 0 }"


@pytest.fixture
def client() -> TestClient:
    return TestClient(Asset("style.css", BODY))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("worker.json", "application/json"),
    ],
)
def test_the_suffix_says_what_it_is(name: str, media_type: str) -> None:
    response = TestClient(Asset(name, BODY)).get("/")

    assert (response.status_code, response.content) == (200, BODY)
    assert response.headers["content-type"] == media_type


def test_nothing_but_the_page_itself_may_run(client: TestClient) -> None:
    headers = client.get("/").headers

    policy = [directive.strip() for directive in headers["content-security-policy"].split(";")]
    assert {"default-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("known", "status", "body"),
    [("{etag}", 304, b""), ('"other", {etag}', 304, b""), ('"other"', 200, BODY), ("", 200, BODY)],
)
def test_a_browser_asks_again_and_gets_only_what_has_changed(
    client: TestClient, known: str, status: int, body: bytes
) -> None:
    etag = client.get("/").headers["etag"]

    again = client.get("/", headers={"if-none-match": known.format(etag=etag)})

    assert (again.status_code, again.content, again.headers["etag"]) == (status, body, etag)
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None), ("", None)])
def test_it_is_packed_for_who_takes_that(client: TestClient, accepted: str, encoding: str | None) -> None:
    response = client.get("/", headers={"accept-encoding": accepted})

    assert (response.content, response.headers.get("content-encoding")) == (BODY, encoding)
    assert response.headers["vary"] == "accept-encoding"


def test_other_bytes_are_another_file() -> None:
    assert Asset("a.css", b"1").etag != Asset("a.css", b"2").etag


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)])
def test_it_is_only_read(client: TestClient, method: str, status: int) -> None:
    assert client.request(method, "/").status_code == status


def test_the_refusal_says_what_can_be_done(client: TestClient) -> None:
    response = client.post("/", content=b"{}")

    assert response.headers["allow"] == "GET, HEAD"
    assert response.json()["error"]["code"] == 405


def test_a_page_has_the_common_files_and_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.js").write_text("own")
    (tmp_path / "notes.txt").write_text("not for browsers")

    found = assets(tmp_path)

    common = {path.name for path in COMMON.iterdir() if path.suffix in MEDIA_TYPES}
    assert found.keys() == {"own.js", *common}
    assert found["own.js"].body == b"own"
