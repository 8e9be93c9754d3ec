from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import MODEL, on_datarobot, write_arguments


def test_a_key_for_vllm_is_an_error(tmp_path: Path) -> None:
    (variable,) = on_datarobot({**MODEL, "VLLM_API_KEY": "sesame"}).errors
    (file,) = on_datarobot(MODEL, code=write_arguments(tmp_path, "--api-key", "sesame")).errors
    for error in (variable, file):
        assert "calls come from DataRobot, which checks its own keys; remove it, or set DRAGOMAN_API_KEY" in error
        assert "sesame" not in error


@pytest.mark.parametrize("variable", ["DRAGOMAN_API_KEY", "DRAGOMAN_API_KEY_FILE"])
def test_a_key_for_the_worker_is_asked_for(variable: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("sesame")
    (tmp_path / "keys").chmod(0o600)
    value = "sesame" if variable.endswith("KEY") else str(tmp_path / "keys")
    resolution = on_datarobot({**MODEL, variable: value})
    assert (resolution.value("api_key"), resolution.errors) == (["sesame"], ())
    assert resolution.environment.get("DRAGOMAN_API_KEY") is None
