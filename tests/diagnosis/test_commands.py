import pytest

from dragoman.diagnosis.commands import renamed, unset, without_secrets
from dragoman.platforms import PLATFORMS, catalogue_of


@pytest.mark.parametrize(("variable", "command"), [("VLLM_X1", "unset VLLM_X1"), ("VLLM_X;ls", ""), ("1X", "")])
def test_unset(variable: str, command: str) -> None:
    assert unset(variable) == command


@pytest.mark.parametrize(("variable", "command"), [("A", 'export B="$A"; unset A'), ("A$(ls)", ""), ("A-B", "")])
def test_renamed(variable: str, command: str) -> None:
    assert renamed(variable, "B") == command


@pytest.mark.parametrize(
    ("arguments", "kept", "hidden"),
    [
        (["org/m", "--port", "0"], ["org/m", "--port", "0"], []),
        (["org/m", "--api-key", "a", "b", "--port", "0"], ["org/m", "--port", "0"], ["api_key"]),
        (["--api_key=a", "org/m"], ["org/m"], ["api_key"]),
        (["--hf-token", "t", "org/m"], ["org/m"], ["hf_token"]),
        (["--api-kye", "a", "--port", "0"], ["--port", "0"], ["api_key"]),
        (["--what-is-this", "x"], ["--what-is-this", "x"], []),
    ],
)
def test_without_secrets(arguments: list[str], kept: list[str], hidden: list[str]) -> None:
    left, settings = without_secrets(arguments, catalogue_of(PLATFORMS[-1]))
    assert (left, [setting.name for setting in settings]) == (kept, hidden)
