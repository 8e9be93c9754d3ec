from pathlib import Path

import pytest

from dragoman.platforms.datarobot.configuration.metadata import KEYS, read_metadata
from tests.platforms.datarobot.resolving import METADATA, MODEL, on_datarobot, write
from tests.settings.resolutions import find


def described(directory: Path, text: str) -> Path:
    return write(directory, **{"model-metadata_yaml": text})


def test_no_file(tmp_path: Path) -> None:
    assert read_metadata(tmp_path) is None


def test_values_are_text(tmp_path: Path) -> None:
    described(
        tmp_path, f"{METADATA}majorVersion: yes\ndescription:\nhyperparameters:\n- name: a\n  min: 1.50\n  on: true\n"
    )
    assert read_metadata(tmp_path) == {
        "name": "a",
        "type": "inference",
        "targetType": "textgeneration",
        "majorVersion": True,
        "description": "",
        "hyperparameters": [{"name": "a", "min": "1.50", "on": "true"}],
    }


def test_every_key(tmp_path: Path) -> None:
    more = "".join(f"{key}: true\n" for key in sorted(KEYS - {"name", "type", "targetType"}))
    assert on_datarobot(MODEL, code=described(tmp_path, METADATA + more)).errors == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("\n# nothing\n", "it is not a mapping"),
        ("- a", "it is not a mapping"),
        ("a: [", "there is [ without quotes in line 1"),
        ("a: b: c", "it is not YAML: mapping values are not allowed here in line 1"),
        ("a: \x01", "it is not YAML: there are characters that no text has"),
        ("name: a\ntype: inference\n", "there is no targetType"),
        ("name: a\n", "there is no type and no targetType"),
        (f"{METADATA}targetName: b\n", "'targetName' is not one of its keys"),
        (f"{METADATA}modelId: b\n", "'modelId' is not one of its keys; did you mean modelID?"),
        (f"{METADATA}name: b\n", "'name' is there again in line 4"),
        (f"{METADATA}hyperparameters:\n- a: 1\n  a: 2\n", "'a' is there again in line 6"),
        (f"{METADATA}validation: {{input: a}}\n", "there is { without quotes in line 4"),
        (f"{METADATA}description: &a b\n", "there is an anchor in line 4"),
        (f"{METADATA}description: *a\n", "there is an alias in line 4"),
        (f"{METADATA}description: !!str b\n", "there is a tag in line 4"),
        (f"---\n{METADATA}---\n{METADATA}", "it is not YAML: but found another document in line 5"),
        (f"{METADATA}majorVersion: maybe\n", "'maybe' is not a boolean"),
        (f"{METADATA}hyperparameters:\n{'- ' * 3000}a\n", "it is nested too deeply"),
    ],
)
def test_what_drum_would_not_take(tmp_path: Path, text: str, problem: str) -> None:
    (error,) = on_datarobot(MODEL, code=described(tmp_path, text)).errors
    assert error.startswith(f"{tmp_path}/model-metadata.yaml: {problem}")


def test_the_target_type(tmp_path: Path) -> None:
    described(tmp_path, METADATA.replace("textgeneration", "textGeneration"))
    target = find(on_datarobot(MODEL, code=tmp_path), "target_type")
    assert (target.value, target.source) == ("textgeneration", f"{tmp_path}/model-metadata.yaml key targetType")


def test_another_target_type(tmp_path: Path) -> None:
    described(tmp_path, METADATA.replace("textgeneration", "regression"))
    (error,) = on_datarobot(MODEL, code=tmp_path).errors
    assert error.endswith("only textgeneration can be served")


def test_two_target_types(tmp_path: Path) -> None:
    described(tmp_path, METADATA.replace("textgeneration", "regression"))
    (error,) = on_datarobot({**MODEL, "TARGET_TYPE": "textgeneration"}, code=tmp_path).errors
    assert error == (
        "target_type 'textgeneration' (variable TARGET_TYPE) is not that of "
        f"{tmp_path}/model-metadata.yaml key targetType: 'regression'"
    )


def test_defaults_are_for_values_files_only(tmp_path: Path) -> None:
    described(
        tmp_path,
        f"{METADATA}runtimeParameterDefinitions:\n- fieldName: max_tokens\n  type: numeric\n  defaultValue: 7\n",
    )
    assert on_datarobot(MODEL, code=tmp_path).value("max_tokens") is None
