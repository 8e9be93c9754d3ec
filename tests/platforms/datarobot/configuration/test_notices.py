from pathlib import Path

from tests.platforms.datarobot.resolving import MODEL, on_datarobot, write


def test_routes_of_flasks(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write(tmp_path / "inner", custom_flask_py="def init_app(app): ...")
    resolution = on_datarobot(MODEL, code=tmp_path)
    assert resolution.errors == ()
    (warning,) = resolution.warnings
    assert warning.startswith(f"{tmp_path}/inner/custom_flask.py is not run, as the worker is no Flask application; ")
    assert all(word in warning for word in ("chat hook", "CustomHTTPError", "a server of their own"))


def test_guards(tmp_path: Path) -> None:
    resolution = on_datarobot(MODEL, code=write(tmp_path, moderation_config_yaml="guards: []"))
    assert resolution.warnings == (
        f"{tmp_path}/moderation_config.yaml is not read: no guards are applied, as in DRUM's vLLM environment",
    )
