from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from dragoman.forms.files import Document
from dragoman.platforms import catalogue_of, resolve
from dragoman.platforms.datarobot.configuration.definitions import Definition, definitions
from dragoman.platforms.datarobot.configuration.metadata import FILE, read_metadata
from dragoman.platforms.datarobot.configuration.runtime_parameters import parameters
from dragoman.platforms.datarobot.forms import documents, model_metadata
from dragoman.platforms.datarobot.settings import PLATFORM
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value

ROOT = Path(__file__).parent.parent.parent.parent
CATALOGUE = catalogue_of(PLATFORM)
KNOWN = parameters(CATALOGUE)
ENTRIES = {entry["fieldName"]: entry for entry in model_metadata(CATALOGUE)["runtimeParameterDefinitions"]}


@pytest.fixture
def code_directory(tmp_path: Path) -> Path:
    (document,) = (document for document in documents(CATALOGUE) if document.path == FILE)
    (tmp_path / FILE).write_text(document.text)
    return tmp_path


def resolved(code_directory: Path, values: Mapping[str, Value] | None = None) -> Resolution:
    environment = {"TARGET_NAME": "text", "CODE_DIR": str(code_directory)}
    if values is not None:
        file = code_directory / "values.yaml"
        file.write_text(yaml.safe_dump(dict(values)))
        environment["RUNTIME_PARAMS_FILE"] = str(file)
    return resolve(["--gpus", "2", "--model", "org/model"], environment)


def test_every_parameter_that_sets_something_is_defined() -> None:
    assert ENTRIES.keys() == {name for name, setting in KNOWN.items() if setting.use in ("engine", "worker")}


def test_drum_would_take_the_metadata(code_directory: Path) -> None:
    held = read_metadata(code_directory)
    assert held is not None
    assert (held["type"], held["targetType"]) == ("inference", "textgeneration")


def test_the_definitions_are_read_back(code_directory: Path) -> None:
    assert definitions(code_directory) == {
        name: Definition(name, entry["type"], entry.get("defaultValue"), entry.get("minValue"), entry.get("maxValue"))
        for name, entry in ENTRIES.items()
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_has_what_its_type_allows(name: str) -> None:
    entry = ENTRIES[name]
    more = {
        "string": {"defaultValue"},
        "boolean": {"defaultValue"},
        "numeric": {"defaultValue", "minValue", "maxValue"},
        "credential": {"credentialType"},
    }[entry["type"]]
    assert entry["description"].endswith(".")
    assert entry.keys() - {"fieldName", "type", "description"} <= more
    assert (entry["type"] == "credential") == ("credentialType" in entry) == KNOWN[name].secret


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("max_model_len", {"type": "string"}),
        ("trust_remote_code", {"type": "boolean", "defaultValue": False}),
        ("prompt_column_name", {"type": "string", "defaultValue": "promptText"}),
        ("max_tokens", {"type": "numeric", "minValue": 1}),
        ("temperature", {"type": "numeric", "minValue": 0}),
        ("gpu_memory_utilization", {"type": "numeric", "maxValue": 1}),
        ("HuggingFaceToken", {"type": "credential", "credentialType": "api_token"}),
        ("DRUM_OPENAI_CLIENT_TIMEOUT", {"type": "numeric", "defaultValue": 3600}),
    ],
)
def test_entries(name: str, entry: dict[str, Value]) -> None:
    assert {key: value for key, value in ENTRIES[name].items() if key not in ("fieldName", "description")} == entry


def test_who_leaves_all_alone_changes_nothing(code_directory: Path) -> None:
    with_form, without = resolved(code_directory, {"other": 1}), resolved(code_directory)
    assert (with_form.warnings, with_form.errors) == ((), ())
    values, unset = ({each.name: each.value for each in resolution.settings} for resolution in (with_form, without))
    assert values == unset | {"runtime_params_file": values["runtime_params_file"]}


@pytest.mark.parametrize(
    ("entered", "setting", "value"),
    [
        ({"max_model_len": "8k"}, "max_model_len", 8000),
        ({"n": 3}, "n", 3),
        ({"trust_remote_code": True}, "trust_remote_code", True),
        ({"served_model_name": "mine"}, "served_model_name", ["mine"]),
        ({"default_parallelism": "pp"}, "pipeline_parallel_size", 2),
    ],
)
def test_what_is_entered_counts(code_directory: Path, entered: dict[str, Value], setting: str, value: Value) -> None:
    resolution = resolved(code_directory, entered)
    assert (resolution.warnings, resolution.errors) == ((), ())
    assert resolution.value(setting) == value


@pytest.mark.parametrize("document", list(documents(CATALOGUE)), ids=lambda document: document.path)
def test_the_files_here_are_what_is_written(document: Document) -> None:
    assert document.content(ROOT) == (ROOT / document.path).read_text(encoding="utf-8")
