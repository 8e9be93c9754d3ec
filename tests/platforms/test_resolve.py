import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman import platforms
from dragoman.models import MINI
from dragoman.platforms import Platform, catalogue_of, resolve
from dragoman.platforms.plain.settings import PLATFORM
from dragoman.settings.catalogue import Setting


def other(name: str, variable: str) -> Platform:
    def detect(environment: Mapping[str, str], model_dir: Path | None) -> str | None:
        return f"variable {variable}" if variable in environment else None

    return dataclasses.replace(PLATFORM, name=name, detect=detect, settings=(Setting(name=f"{name}_setting"),))


@pytest.fixture
def three_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms, "PLATFORMS", (other("east", "EAST"), other("west", "WEST"), PLATFORM))


def test_plain_is_what_is_left() -> None:
    resolution = resolve(["--host", "localhost"], {})
    assert resolution.platform == "plain"
    assert resolution.value("platform") == "plain"
    assert resolution.errors == resolution.warnings == ()


@pytest.mark.usefixtures("three_platforms")
@pytest.mark.parametrize(
    ("arguments", "environment", "platform"),
    [
        ([], {}, "plain"),
        ([], {"EAST": ""}, "east"),
        ([], {"WEST": ""}, "west"),
        (["--platform", "west"], {"EAST": "", "WEST": ""}, "west"),
        (["--platform", "plain"], {"EAST": ""}, "plain"),
        (["--platform=auto"], {"EAST": ""}, "east"),
        ([], {"EAST": "", "DRAGOMAN_PLATFORM": "west"}, "west"),
        (["--west-setting", "1"], {"WEST": "", "DRAGOMAN_WEST_SETTING": "2"}, "west"),
    ],
)
def test_detection(arguments: list[str], environment: dict[str, str], platform: str) -> None:
    resolution = resolve(arguments, environment)
    assert resolution.platform == platform
    assert resolution.errors == ()


@pytest.mark.usefixtures("three_platforms")
def test_the_evidence_is_the_source() -> None:
    (setting,) = (setting for setting in resolve([], {"EAST": ""}).settings if setting.name == "platform")
    assert (setting.value, setting.source) == ("east", "detected: variable EAST")


@pytest.mark.usefixtures("three_platforms")
def test_two_platforms() -> None:
    assert resolve([], {"EAST": "", "WEST": ""}).errors == (
        "platform: this could be east (variable EAST) and west (variable WEST); choose one with --platform",
    )


def test_an_unknown_platform() -> None:
    resolution = resolve(["--platform", "moon"], {})
    assert resolution.errors == ("platform: 'moon' is not one of auto, runpod, lmi, datarobot, plain (command line)",)


@pytest.mark.usefixtures("three_platforms")
def test_other_platforms_settings_are_unknown() -> None:
    (error,) = resolve(["--west-setting", "1"], {"EAST": ""}).errors
    assert error.startswith("--west-setting is not a flag")


def test_the_bundled_model_is_the_default() -> None:
    resolution = resolve([], {})
    assert resolution.value("model") == str(MINI)


CATALOGUE = catalogue_of(PLATFORM)
WORDS = st.text() | st.sampled_from(
    ["-1", "0", "true", "{}", '{"a": 1}', "[1]", "a=b", "/", "~", "{{", "-", "http://["]
)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(WORDS | st.sampled_from([*CATALOGUE.flags, "--config", "--hf-overrides.a"])),
    st.dictionaries(st.sampled_from([name for setting in CATALOGUE for name in setting.variables]), WORDS),
)
def test_no_mistake_raises(arguments: list[str], environment: dict[str, str]) -> None:
    shown = resolve(arguments, environment).to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert not any("\n" in problem for problem in shown["errors"] + shown["warnings"])
