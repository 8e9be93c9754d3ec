import pytest

from tests.platforms.datarobot.resolving import CREDENTIAL, MODEL, on_datarobot, parameter


@pytest.mark.parametrize(
    ("environment", "token"),
    [
        ({}, None),
        (parameter("HuggingFaceToken", "credential", CREDENTIAL), "hf_sesame"),
        ({"HF_TOKEN": "hf_other", **parameter("HuggingFaceToken", "credential", CREDENTIAL)}, "hf_sesame"),
        ({"HF_TOKEN": "hf_other", **parameter("HuggingFaceToken", "credential", None)}, None),
    ],
)
def test_the_key_of_the_hub(environment: dict[str, str], token: str | None) -> None:
    assert on_datarobot({**MODEL, **environment}).environment.get("HF_TOKEN") == token


def test_raw_arguments_are_the_workers_own() -> None:
    assert on_datarobot({**MODEL, "VLLM_EXTRA_ARGS": "--seed 1"}).environment["VLLM_EXTRA_ARGS"] is None


def test_nothing_else_changes() -> None:
    assert on_datarobot({**MODEL, **parameter("mine", "string", "x")}).environment == on_datarobot(MODEL).environment
