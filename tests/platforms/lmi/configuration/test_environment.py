import json

import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1", {"A": "1"}),
        ("A=1,B=x=y, C = 3 ,", {"A": "1", "B": "x=y", "C": "3"}),
        ("A=", {"A": ""}),
    ],
)
def test_variables_of_an_option(text: str, variables: dict[str, str]) -> None:
    resolution = on_lmi({"OPTION_ENV": text})
    assert resolution.errors == ()
    assert resolution.environment.items() >= variables.items()


def test_they_are_not_shown() -> None:
    resolution = on_lmi({"OPTION_ENV": "HF_TOKEN=sesame"})
    assert resolution.environment["HF_TOKEN"] == "sesame"
    assert "sesame" not in json.dumps(resolution.to_json())


@pytest.mark.parametrize("text", ["A", "=1", "A=1,B", "1A=1", "A B=1", "A=\0"])
def test_what_is_no_variable(text: str) -> None:
    (error,) = on_lmi({"OPTION_ENV": text}).errors
    assert error == "env *** (variable OPTION_ENV): write NAME=value, and commas between several"


def test_adapters_may_come_while_it_runs() -> None:
    assert on_lmi({"OPTION_ENABLE_LORA": "true"}).environment["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "True"
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in on_lmi({}).environment


def test_what_the_worker_has_read() -> None:
    assert on_lmi({"VLLM_EXTRA_ARGS": ""}).environment["VLLM_EXTRA_ARGS"] is None


@pytest.mark.parametrize(("given", "most"), [({}, "64"), ({"VLLM_MAX_STOP_STRINGS": "8"}, None)])
def test_requests_may_have_more_stop_sequences_than_vllm_allows(given: dict[str, str], most: str | None) -> None:
    assert on_lmi(given).environment.get("VLLM_MAX_STOP_STRINGS") == most


def test_a_key_for_vllm_is_the_workers() -> None:
    resolution = on_lmi({"OPTION_ENV": "A=1, VLLM_API_KEY=sesame"})
    assert (resolution.value("api_key"), resolution.errors) == (["sesame"], ())
    assert resolution.environment["VLLM_API_KEY"] is None
    assert on_lmi({"OPTION_ENV": "VLLM_API_KEY=a", "DRAGOMAN_API_KEY": "b"}).value("api_key") == ["b"]
    assert "sesame" not in json.dumps(resolution.to_json())
