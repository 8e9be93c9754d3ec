"""The settings that each platform hands down to its dialect, as they are by default."""

from dragoman.platforms import PLATFORMS, resolve

VARIABLES = {
    "plain": {},
    "runpod": {"MODEL_NAME": "m"},
    "lmi": {"HF_MODEL_ID": "m"},
    "datarobot": {"TARGET_NAME": "t", "MLOPS_RUNTIME_PARAM_model": '{"type":"string","payload":"m"}'},
}


def _settings(name: str) -> dict[str, object]:
    resolution = resolve(("--platform", name), VARIABLES[name])
    platform = next(platform for platform in PLATFORMS if platform.name == name)
    return {setting: resolution.value(setting) for setting in platform.hands_down}


SETTINGS = {name: _settings(name) for name in VARIABLES}
