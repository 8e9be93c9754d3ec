import pytest

from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.routes import method_of, names_model, split

POSTED = [
    *("/v1/chat/completions", "/v1/chat/completions/batch", "/v1/chat/completions/render"),
    *("/v1/completions", "/v1/completions/render", "/v1/responses", "/v1/messages", "/v1/messages/count_tokens"),
    *("/v1/embeddings", "/pooling", "/classify", "/score", "/v1/score", "/rerank", "/v1/rerank", "/v2/rerank"),
    *("/tokenize", "/detokenize"),
]


@pytest.mark.parametrize("path", POSTED)
def test_inference_routes_are_posted_to_and_name_a_model(path: str) -> None:
    assert (split(path), method_of(path), names_model(path)) == ((path, b""), "POST", True)


def test_the_models_are_asked_for() -> None:
    assert (split("/v1/models"), method_of("/v1/models")) == (("/v1/models", b""), "GET")


def test_a_response_is_asked_for_and_cancelled() -> None:
    path = "/v1/responses/resp_0a-1"
    assert (method_of(path), method_of(f"{path}/cancel"), names_model(f"{path}/cancel")) == ("GET", "POST", False)


@pytest.mark.parametrize(
    ("route", "target"),
    [
        ("/v1/responses/a?stream=true&starting_after=3", ("/v1/responses/a", b"stream=true&starting_after=3")),
        ("/v1/messages?beta=true", ("/v1/messages", b"beta=true")),
        ("/v1/models?", ("/v1/models", b"")),
    ],
)
def test_a_route_may_have_a_query(route: str, target: tuple[str, bytes]) -> None:
    assert split(route) == target


@pytest.mark.parametrize(
    "route",
    [
        *("", "/", "v1/models", "/v1/nope", "/v1/models/", "//v1/models", "/v1//models", "/V1/models", "/v1/models "),
        *("/health", "/metrics", "/v1/load_lora_adapter", "/sleep", "/collective_rpc", "/invocations", "/openapi.json"),
        *("http://evil/v1/models", "//evil/v1/models", "/../admin", "/v1/../sleep", "/v1/models/../../sleep"),
        *("/v1/%6dodels", "/v1%2Fmodels", "/v1/responses/..", "/v1/responses/%2e%2e", "/v1/responses/a/b"),
        *("/v1/responses/a%2Fb", "/v1/responses/", "/v1/responses/é", "/v1/responses/a\n"),
        *("/v1/models#a", "/v1/models\r\nx: y", "/v1/models\x00", "/v1/models;a"),
        *("/v1/responses/a?x=\r\ny", "/v1/responses/a?x y", "/v1/responses/a?x#y", "/v1/responses/a?é", "\ud800"),
    ],
)
def test_everything_else_is_not_found(route: str) -> None:
    with pytest.raises(JobError) as raised:
        split(route)
    assert (raised.value.body["code"], raised.value.body["type"]) == (404, "NotFoundError")
    raised.value.item()
