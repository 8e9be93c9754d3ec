import pytest

from dragoman.settings.catalogue import Setting
from dragoman.settings.retired.ignored import SETTINGS
from tests.settings.resolutions import on_plain

HARMLESS = [(setting, value) for setting in SETTINGS for value in setting.harmless]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_one_warning_and_no_flag(setting: Setting) -> None:
    variable, value = setting.name.upper(), "true" if setting.is_switch else "77"
    resolution = on_plain({variable: value})
    assert resolution.warnings == (f"{setting.name} is ignored: {setting.reason} (variable {variable})",)
    assert resolution.engine_args == ("--model", "org/m")
    assert resolution.errors == ()


@pytest.mark.parametrize(("setting", "value"), HARMLESS, ids=lambda part: getattr(part, "name", str(part)))
def test_the_old_default_is_silent(setting: Setting, value: object) -> None:
    resolution = on_plain({setting.name.upper(): str(value)})
    assert resolution.warnings == resolution.errors == ()


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS if setting.is_switch], ids=lambda s: s.name)
def test_a_switch_that_is_off_is_silent(setting: Setting) -> None:
    resolution = on_plain({setting.name.upper(): "0"})
    assert resolution.warnings == resolution.errors == ()


def test_flags() -> None:
    resolution = on_plain({}, "--swap-space", "8", "--use-v2-block-manager", "--num_lookahead_slots=0")
    assert sorted(warning.split(":")[0] for warning in resolution.warnings) == [
        "swap_space is ignored",
        "use_v2_block_manager is ignored",
    ]
