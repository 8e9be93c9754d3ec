from pathlib import Path

import pytest

from dragoman.baking.tokens import hub_token


@pytest.mark.parametrize(
    ("written", "variable", "token"),
    [("hf_file\n", "", "hf_file"), ("hf_file", "hf_var", "hf_file"), ("\n", " hf_var ", "hf_var"), ("", "", None)],
)
def test_the_secret_counts_before_the_variable(secret: Path, written: str, variable: str, token: str | None) -> None:
    secret.write_text(written)
    assert hub_token({"HF_TOKEN": variable}) == token


def test_without_a_secret_the_variable_counts() -> None:
    assert hub_token({"HF_TOKEN": "hf_var"}) == "hf_var"
    assert hub_token({}) is None


def test_a_secret_that_nobody_can_read_is_none(secret: Path) -> None:
    secret.write_bytes(b"\xff")
    assert hub_token({}) is None
