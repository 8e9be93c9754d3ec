"""The forms against the formats that RunPod's console and hub read, and against what the worker makes of them."""

from collections.abc import Mapping
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator
from pydantic.alias_generators import to_camel

from dragoman.platforms import catalogue_of, resolve
from dragoman.platforms.runpod.forms import (
    ALIASES,
    BASIC,
    CATEGORIES,
    DECIDED,
    OTHERS,
    PRESETS,
    fields,
    hub,
    release_tests,
    worker_config,
)
from dragoman.platforms.runpod.settings import PLATFORM
from dragoman.settings.catalogue import vllm_flags
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value

CATALOGUE = catalogue_of(PLATFORM)
FIELDS = fields(CATALOGUE)
NAME = r"^[A-Z][A-Z0-9_]*$"
VERSION = r"^\d+\.\d+$"
TYPES = {"string": str, "number": int | float, "boolean": bool, "huggingface": str}
Scalar = StrictBool | StrictInt | StrictFloat | StrictStr


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Option(Strict):
    value: str
    label: str = Field(min_length=1)


class Entry(Strict):
    env_var_name: str = Field(pattern=NAME)
    value: Scalar
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    required: bool
    type: Literal["text", "select", "toggle", "number"]
    options: list[Option] | None = None

    @model_validator(mode="after")
    def has_the_value_and_the_options_of_its_type(self) -> "Entry":
        assert (self.options is not None) == (self.type == "select")
        match self.type:
            case "toggle":
                assert isinstance(self.value, bool)
            case "number":
                assert self.value == "" or type(self.value) in (int, float)
            case "select":
                assert self.options is not None
                assert self.value in [option.value for option in self.options]
            case "text":
                assert isinstance(self.value, str)
        return self


class Camel(Strict):
    model_config = ConfigDict(alias_generator=to_camel)


class Category(Strict):
    title: str
    settings: list[str] = Field(min_length=1)


class Version(Camel):
    image_name: str = Field(pattern=r"^[\w./-]+:[\w.-]+$")
    minimum_cuda_version: str = Field(pattern=VERSION)
    categories: list[Category]


class WorkerConfig(Strict):
    entries: dict[str, Entry] = Field(alias="schema")
    versions: dict[str, Version] = Field(min_length=1)

    @model_validator(mode="after")
    def has_every_entry_in_a_category(self) -> "WorkerConfig":
        assert all(name == entry.env_var_name for name, entry in self.entries.items())
        for version in self.versions.values():
            assert {name for category in version.categories for name in category.settings} == self.entries.keys()
        return self


class Input(Strict):
    name: str = Field(min_length=1)
    type: Literal["string", "number", "boolean", "huggingface"]
    description: str = Field(min_length=1)
    required: bool
    advanced: bool
    default: Scalar | None = None
    options: list[Option] | None = None
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def has_what_its_type_allows(self) -> "Input":
        assert self.options is None or self.type == "string"
        assert (self.min, self.max) == (None, None) or self.type == "number"
        assert isinstance(self.default, TYPES[self.type] | None)
        if self.options and self.default is not None:
            assert self.default in [option.value for option in self.options]
        return self


class Variable(Strict):
    key: str = Field(pattern=NAME)
    input: Input


class Preset(Strict):
    name: str
    defaults: dict[str, str]


class HubConfig(Camel):
    runs_on: Literal["GPU", "CPU"]
    container_disk_in_gb: int
    gpu_count: int
    gpu_ids: str = Field(pattern=r"^[A-Z0-9_]+(,[A-Z0-9_]+)*$")
    allowed_cuda_versions: list[str]
    presets: list[Preset]
    env: list[Variable]


class Hub(Strict):
    title: str
    description: str
    type: Literal["serverless"]
    category: Literal["audio", "embedding", "language", "video", "image"]
    config: HubConfig


class Trial(Strict):
    name: str
    input: dict[str, object]
    timeout: int = Field(ge=1000)


class Pair(Strict):
    key: str = Field(pattern=NAME)
    value: str


class Machine(Camel):
    gpu_type_id: str
    gpu_count: int
    env: list[Pair]
    allowed_cuda_versions: list[str]


class Trials(Strict):
    tests: list[Trial] = Field(min_length=1)
    config: Machine


def sent(form: Mapping[str, Value]) -> dict[str, str]:
    """What the console sends of a form."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in form.items()}


MODEL = {"MODEL_NAME": "org/name"}
UNTOUCHED = sent({name: field.value for name, field in FIELDS.items()})


def resolved(variables: Mapping[str, str], gpus: int = 1) -> Resolution:
    surroundings = {"RUNPOD_ENDPOINT_ID": "any", "PATH": "/usr/bin"}
    return resolve(["--gpus", str(gpus)], {**surroundings, **variables})


def test_worker_config() -> None:
    config = WorkerConfig.model_validate(worker_config(CATALOGUE))
    assert list(config.versions) == [vllm_flags()["vllm"]]
    assert not config.entries.keys() & {"MODEL_NAME", "HF_TOKEN"}


def test_hub() -> None:
    config = Hub.model_validate(hub(CATALOGUE)).config
    inputs = {variable.key: variable.input for variable in config.env}
    assert len(inputs) == len(config.env)
    assert [name for name, entry in inputs.items() if entry.required] == ["MODEL_NAME"]
    assert inputs["MODEL_NAME"].type == "huggingface"
    assert {name for name, entry in inputs.items() if not entry.advanced} == BASIC
    assert all(preset.defaults.keys() <= inputs.keys() for preset in config.presets)


def test_both_forms_ask_for_the_same() -> None:
    in_hub = {entry["key"] for entry in hub(CATALOGUE)["config"]["env"]}
    assert in_hub == worker_config(CATALOGUE)["schema"].keys() | {"MODEL_NAME", "HF_TOKEN"}


def test_tests() -> None:
    config = Trials.model_validate(release_tests()).config
    resolution = resolved({pair.key: pair.value for pair in config.env})
    assert (resolution.warnings, resolution.errors) == ((), ())


def test_nothing_retired_is_offered() -> None:
    uses = {variable: setting.use for setting in CATALOGUE for variable in setting.variables}
    others = {field.variable for field in OTHERS}
    assert {uses[name] for name in FIELDS.keys() - ALIASES.keys() - others} == {"engine", "worker"}


@pytest.mark.parametrize("gpus", [0, 1, 4])
def test_an_untouched_form_changes_nothing(gpus: int) -> None:
    with_form, without = (resolved(form, gpus) for form in (UNTOUCHED | MODEL, MODEL))
    assert (with_form.warnings, with_form.errors) == (without.warnings, without.errors)
    assert {s.name: s.value for s in with_form.settings} == {s.name: s.value for s in without.settings}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("form", [{}, UNTOUCHED], ids=["alone", "in the form"])
def test_presets(form: dict[str, str], name: str) -> None:
    resolution = resolved({**form, **PRESETS[name]})
    assert (resolution.warnings, resolution.errors) == ((), ())


@pytest.mark.parametrize(
    ("entered", "setting", "value"),
    [
        ({"LORA_MODULES": "a=org/a"}, "enable_lora", True),
        ({"CUSTOM_CHAT_TEMPLATE": "{{ messages }}"}, "chat_template", "{{ messages }}"),
        ({"OPENAI_SERVED_MODEL_NAME_OVERRIDE": "gpt"}, "served_model_name", ["gpt", "org/name"]),
        ({"VLLM_EXTRA_ARGS": "--seed 7"}, "seed", 7),
        ({"ENABLE_PREFIX_CACHING": "false"}, "enable_prefix_caching", False),
        ({"GPU_MEMORY_UTILIZATION": "0.5"}, "gpu_memory_utilization", 0.5),
        ({"MAX_CONCURRENCY": "30"}, "max_concurrency", 30),
    ],
)
def test_what_is_entered_counts(entered: dict[str, str], setting: str, value: Value) -> None:
    resolution = resolved(UNTOUCHED | MODEL | entered)
    assert (resolution.warnings, resolution.errors) == ((), ())
    assert resolution.value(setting) == value


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.options])
def test_every_option_counts(name: str) -> None:
    (setting,) = (setting for setting in CATALOGUE if name in setting.variables)
    values = [setting.parse(option) for option in FIELDS[name].options]
    assert values.count(None) == FIELDS[name].options.count("")


def test_the_tables_are_about_entries() -> None:
    offered = [name for names in CATEGORIES.values() for name in names]
    assert len(offered) == len(set(offered))
    assert {*BASIC, *DECIDED, *ALIASES} <= FIELDS.keys()
