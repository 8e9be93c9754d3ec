import pytest

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes.model import Model
from tests.platforms.lmi.asking import options


def model(version: str | None = None) -> Model:
    return Model(options(model_version=version))


@pytest.mark.parametrize(
    ("own", "name", "version"),
    [(None, None, None), (None, "test", None), ("2", "test", None), ("2", "test", "2"), ("2", None, "2")],
)
def test_the_model_is_there(own: str | None, name: str | None, version: str | None) -> None:
    model(own).demand(name, version)


@pytest.mark.parametrize(
    ("own", "name", "version", "message"),
    [
        (None, "other", None, "Model not found: other"),
        (None, "Test", None, "Model not found: Test"),
        (None, "test", "1", "Model not found: test, version 1"),
        ("2", "test", "1", "Model not found: test, version 1"),
    ],
)
def test_other_models_are_not(own: str | None, name: str, version: str | None, message: str) -> None:
    with pytest.raises(ServerError, match=f"^{message}$") as refused:
        model(own).demand(name, version)
    assert (refused.value.status, refused.value.kind) == (404, "ModelNotFoundException")


@pytest.mark.parametrize("name", [None, "test"])
def test_a_model_that_was_unregistered_is_not_there(name: str | None) -> None:
    gone = model()
    gone.unregister()
    with pytest.raises(ServerError, match="Model not found: test"):
        gone.demand(name)


@pytest.mark.parametrize("url", ["/opt/ml/model", "/opt/ml/model/", "file:///opt/ml/model", "file:/opt/ml/model/"])
def test_it_is_registered_again_by_its_url(url: str) -> None:
    gone = model()
    gone.unregister()
    gone.register(url, "test", None)
    gone.demand("test")


@pytest.mark.parametrize(
    ("url", "name", "version"),
    [("s3://other/model", None, None), ("/opt/ml/model", "other", None), ("/opt/ml/model", "test", "3")],
)
def test_another_model_cannot_be_registered(url: str, name: str | None, version: str | None) -> None:
    with pytest.raises(ServerError, match="This worker serves one model, test from /opt/ml/model") as refused:
        model().register(url, name, version)
    assert (refused.value.status, refused.value.kind) == (400, "BadRequestException")


def test_a_model_without_a_url_cannot_be_registered() -> None:
    with pytest.raises(ServerError, match="Parameter url is required"):
        model().register(None, "test", None)
