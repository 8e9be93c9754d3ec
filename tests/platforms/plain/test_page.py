from functools import partial

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from dragoman.page.assets import assets
from dragoman.platforms import PLATFORMS, resolve
from dragoman.platforms.dialect import dialect
from dragoman.platforms.plain import page
from dragoman.serving.entrance.access import Access
from dragoman.serving.entrance.authenticated import authenticated
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.route_names import RouteNames
from dragoman.serving.probes import on_their_own, while_away
from tests.engines import FakeEngine
from tests.page.sources import Sources
from tests.serving.dialects import SETTINGS

SOURCES = Sources(page.FOLDER)
PATHS = ["/", "/page/app.js", "/page/base.css", "/page/dom.js", "/page/icon.svg"]
OTHERS = [name for name in SETTINGS if name != "plain"]
MOST = 30_000


def lifecycle(status: Status) -> Lifecycle:
    found = Lifecycle(0)
    found.enter(status)
    return found


def serving(platform: str = "plain", *keys: str, **settings: object) -> TestClient:
    """What the server process answers on a platform, behind the layer that asks for keys."""
    speaks, values = dialect(platform), {**SETTINGS[platform], **settings}
    engine = FakeEngine({"/v1/models": (200, "models")}, frozenset({"generate", "embed"}))
    app = speaks.around(engine, lifecycle(Status.READY), WorkerMetrics(platform, 0), values)
    probe = partial(speaks.probe, settings=values)
    return _client(authenticated(app, Access.of(keys), probe, partial(speaks.refused, settings=values)))


def waiting(status: Status, platform: str = "plain", **settings: object) -> TestClient:
    """What the doorman answers."""
    probe = partial(dialect(platform).probe, settings={**SETTINGS[platform], **settings})
    return _client(while_away(probe, lifecycle(status)))


def _client(app: ASGIApp) -> TestClient:
    return TestClient(app, "http://127.0.0.1:8000")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", PATHS)
def test_it_is_there_while_the_worker_serves(path: str, method: str) -> None:
    response = serving().request(method, path)

    assert response.status_code == 200
    assert "default-src 'self'" in response.headers["content-security-policy"]
    known = {"if-none-match": response.headers["etag"]}
    assert serving().request(method, path, headers=known).status_code == 304


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("path", PATHS)
def test_it_is_there_while_nothing_else_is(path: str, status: Status) -> None:
    assert waiting(status).get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/page", "/page/", "/page/index.html", "/page/../page.py", "/page/no.js", "/index.html"]
)
def test_there_is_nothing_else(path: str) -> None:
    assert serving().get(path).status_code == 404
    assert waiting(Status.STARTING).get(path).status_code == 503


@pytest.mark.parametrize("path", [*PATHS, page.DESCRIPTION])
def test_it_can_be_left_out(path: str) -> None:
    assert serving(ui=False).get(path).status_code == 404
    assert waiting(Status.STARTING, ui=False).get(path).status_code == 503


@pytest.mark.parametrize("platform", OTHERS)
@pytest.mark.parametrize("path", [*PATHS, page.DESCRIPTION])
def test_no_other_platform_has_it(platform: str, path: str) -> None:
    settings = SETTINGS[platform]
    paged = b"<title>Dragoman</title>"

    assert dialect(platform).probe("/page/app.js", lifecycle(Status.READY), settings) is None
    answers = (serving(platform, ui=True).get(path), waiting(Status.STARTING, platform, ui=True).get(path))
    assert not any(paged in each.content or "content-security-policy" in each.headers for each in answers)
    assert not {*page.ROUTES} & {*dialect(platform).routes(settings)} - {"/"}


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        ((), {}, True),
        (("--no-ui",), {}, False),
        (("--ui",), {"DRAGOMAN_UI": "no"}, True),
        ((), {"DRAGOMAN_UI": "off"}, False),
        ((), {"UI": "off"}, True),
    ],
)
def test_the_setting(arguments: tuple[str, ...], variables: dict[str, str], expected: bool) -> None:
    resolution = resolve(("--platform", "plain", *arguments), variables)

    assert resolution.value("ui") is expected
    assert resolution.errors == ()


@pytest.mark.parametrize("platform", [platform for platform in PLATFORMS if platform.name != "plain"])
def test_no_other_platform_has_the_setting(platform: object) -> None:
    assert "ui" not in [setting.name for setting in getattr(platform, "settings", ())]


@pytest.mark.parametrize("path", PATHS)
def test_the_page_itself_needs_no_key(path: str) -> None:
    assert serving("plain", "secret").get(path).status_code == 200


@pytest.mark.parametrize("path", [page.DESCRIPTION, "/metrics", "/v1/models", "/page/no.js"])
def test_what_it_asks_for_needs_one(path: str) -> None:
    client = serving("plain", "secret")

    assert client.get(path).status_code == 401
    assert client.get(path, headers={"authorization": "Bearer secret"}).status_code in (200, 404)


def test_it_learns_what_the_model_does() -> None:
    body = serving().get(page.DESCRIPTION).json()

    assert body["tasks"] == ["embed", "generate"]
    assert body.keys() == {"version", "tasks"}


def test_a_port_for_probes_has_no_page() -> None:
    probe = partial(dialect("plain").probe, settings={"ui": True})
    client = _client(on_their_own(probe, lifecycle(Status.READY)))

    assert (client.get("/").status_code, client.get("/health").status_code) == (404, 200)


@pytest.mark.parametrize(
    ("path", "route"), [("/", "/"), ("/page/app.js", "/page/*"), ("/page/a/b", "/page/*"), ("/pages", "other")]
)
def test_its_requests_are_counted_by_two_names(path: str, route: str) -> None:
    assert RouteNames(dialect("plain").routes({"ui": True}))(path) == route


def test_without_it_there_are_no_names_for_it() -> None:
    assert list(dialect("plain").routes({"ui": False})) == []


def test_its_files_keep_the_rules_for_pages() -> None:
    SOURCES.check()


def test_it_works_below_any_path() -> None:
    assert '="/' not in SOURCES.texts["index.html"]


def test_it_is_small() -> None:
    assert sum(len(asset.packed.body) for asset in assets(page.FOLDER).values()) < MOST
