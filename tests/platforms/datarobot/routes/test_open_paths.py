import pytest

from dragoman.platforms.datarobot.routes.open_paths import is_open


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models",
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/responses",
        "/v1/responses/resp_1",
        "/v1/responses/resp_1/cancel",
        "/v1/messages",
        "/tokenize",
        "/detokenize",
        "/score",
        "/v2/rerank",
        "/health",
        "/version",
        "/metrics",
        "/v1/audio/transcriptions",
    ],
)
def test_what_answers_for_the_model_is_open(path: str) -> None:
    assert is_open(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sleep",
        "/wake_up",
        "/reset_prefix_cache",
        "/collective_rpc",
        "/server_info",
        "/v1/load_lora_adapter",
        "/v1/unload_lora_adapter",
        "/scale_elastic_ep",
        "/start_profile",
        "/pause",
        "/update_weights",
        "/abort_requests",
        "/inference/v1/abort_requests",
        "/fault_tolerance/apply",
        "/v1/responses/a/b",
        "/v1/models/",
        "v1/models",
    ],
)
def test_what_changes_it_is_not(path: str) -> None:
    assert not is_open(path)
