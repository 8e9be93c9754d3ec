from pathlib import Path

import pytest

from dragoman.diagnosis.tokens import Token, token_of


@pytest.mark.parametrize(
    ("text", "sendable"), [("hf_abc", True), ("a b", False), ("a\nb", False), ("a\x7f", False), ("\u20ac", False)]
)
def test_is_sendable(text: str, sendable: bool) -> None:
    assert Token(text, "variable HF_TOKEN").is_sendable is sendable


def test_a_token_is_looked_for_as_huggingface_hub_does(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("hf_file\n")
    file.chmod(0o600)
    assert token_of(None, {"HF_HOME": str(tmp_path), "HF_HUB_CACHE": "/elsewhere"}) == Token(
        "hf_file", str(file), str(file)
    )
    file.chmod(0o644)
    held = token_of(None, {"HF_TOKEN_PATH": str(file)})
    assert held is not None
    assert held.exposed
    assert token_of(None, {"HF_HOME": str(tmp_path), "HF_TOKEN": "hf_variable"}) == Token(
        "hf_variable", "variable HF_TOKEN"
    )
    assert token_of("hf_setting", {"HF_TOKEN": "hf_variable"}) == Token("hf_setting", "--hf-token")
    assert token_of(None, {"HF_HOME": str(tmp_path / "none")}) is None
