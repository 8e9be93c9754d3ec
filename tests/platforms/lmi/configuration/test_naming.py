from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.models import MINI
from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution
from tests.platforms.lmi.configuration.stores import configured, model
from tests.settings.resolutions import COMPILER, find


def on_lmi(environment: Mapping[str, str], *arguments: str) -> Resolution:
    return resolve(["--platform", "lmi", "--gpus", "0", *arguments], {**COMPILER, **environment})


def names(resolution: Resolution) -> tuple[str, list[str]]:
    return resolution.value("model_name"), resolution.value("served_model_name")


def test_a_model_in_the_store(tmp_path: Path) -> None:
    resolution = on_lmi({"SERVING_MODEL_STORE": str(model(tmp_path / "m"))})
    found = find(resolution, "model")
    assert (found.value, found.source) == (f"{tmp_path}/m", f"model store {tmp_path}/m")
    assert names(resolution) == ("m", ["m", "lmi"])
    assert resolution.value("properties_dir") == f"{tmp_path}/m"
    assert resolution.value("model_dir") is None
    assert resolution.value("model_url") == f"file://{tmp_path}/m/"
    assert resolution.errors == resolution.warnings == ()


def test_an_option_names_another_model_than_the_one_in_the_store(tmp_path: Path) -> None:
    resolution = on_lmi({"SERVING_MODEL_STORE": str(model(tmp_path / "m")), "OPTION_MODEL_ID": "org/m"})
    assert find(resolution, "model").source == "variable OPTION_MODEL_ID"
    assert names(resolution) == ("m", ["m", "org/m", "lmi"])


def test_a_model_on_the_hub() -> None:
    environment = {"HF_MODEL_ID": "meta-llama/Llama-2-7b", "HF_REVISION": "abc", "HF_TASK": "text-generation"}
    resolution = on_lmi(environment)
    assert names(resolution) == (
        "meta_llama_Llama_2_7b",
        ["meta_llama_Llama_2_7b", "meta-llama/Llama-2-7b", "lmi"],
    )
    assert find(resolution, "revision").source == "variable HF_REVISION"
    assert find(resolution, "hf_task").source == "variable HF_TASK"
    assert resolution.errors == resolution.warnings == ()


def test_hf_model_id_beats_option_model_id() -> None:
    found = find(on_lmi({"HF_MODEL_ID": "org/m", "OPTION_MODEL_ID": "org/other"}), "model")
    assert (found.value, found.overridden) == ("org/m", (("org/other", "variable OPTION_MODEL_ID"),))


@pytest.mark.parametrize("variable", ["HF_REVISION", "HF_TASK"])
def test_what_belongs_to_a_model_on_the_hub(variable: str) -> None:
    (warning,) = on_lmi({"OPTION_MODEL_ID": "org/m", variable: "auto"}).warnings
    assert warning == f"variable {variable} sets nothing without a model of the hub in HF_MODEL_ID"


def test_a_directory_in_hf_model_id(tmp_path: Path) -> None:
    resolution = on_lmi({"HF_MODEL_ID": str(model(tmp_path / "m", "option.dtype=fp16"))})
    assert find(resolution, "dtype").source == f"{tmp_path}/m/serving.properties line 1 (option.dtype)"
    assert find(resolution, "model").source == "variable HF_MODEL_ID"
    assert names(resolution) == ("m", ["m", "lmi"])


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("/nowhere/m", "model '/nowhere/m' (variable HF_MODEL_ID) does not exist"),
        ("a b", "model 'a b' (variable HF_MODEL_ID) is neither a directory nor the name of a model on the hub"),
    ],
)
def test_hf_model_id_that_is_nothing(name: str, error: str) -> None:
    (problem,) = on_lmi({"HF_MODEL_ID": name}).errors
    assert problem.startswith(error)


def test_hf_model_id_without_a_model_in_it(tmp_path: Path) -> None:
    (error,) = on_lmi({"HF_MODEL_ID": str(tmp_path)}).errors
    assert error.startswith(f"model '{tmp_path}' (variable HF_MODEL_ID) has none of config.json")


def test_a_file_beside_a_model_of_the_hub(tmp_path: Path) -> None:
    directory = configured(tmp_path, "option.dtype=fp16")
    resolution = on_lmi({"HF_MODEL_ID": "org/m"}, "--model-dir", str(directory))
    assert resolution.value("dtype") == "float16"
    assert resolution.value("model_name") == "org_m"


def test_an_entry_with_everything(tmp_path: Path) -> None:
    resolution = on_lmi({"SERVING_LOAD_MODELS": f"test:1.0:Python:*={model(tmp_path)}"})
    source = "variable SERVING_LOAD_MODELS"
    for name, value in {"model_name": "test", "model_version": "1.0", "engine": "python"}.items():
        assert (find(resolution, name).value, find(resolution, name).source) == (value, source)
    assert find(resolution, "model").source == source
    assert resolution.errors == resolution.warnings == ()


def test_the_engine_of_an_entry_beats_the_file(tmp_path: Path) -> None:
    resolution = on_lmi({"SERVING_LOAD_MODELS": f"m::Python={model(tmp_path, 'engine=MPI')}"})
    assert find(resolution, "engine").overridden == (("mpi", f"{tmp_path}/serving.properties line 1 (engine)"),)


def test_devices_of_an_entry(tmp_path: Path) -> None:
    (warning,) = on_lmi({"SERVING_LOAD_MODELS": f"m:::gpu0={model(tmp_path)}"}).warnings
    assert warning.startswith("load_on_devices is ignored:")


def test_the_model_in_the_users_directory(tmp_path: Path) -> None:
    held = model(tmp_path / "held")
    resolution = on_lmi({}, "--model-dir", str(tmp_path))
    assert resolution.value("model_dir") == str(tmp_path)
    found = find(resolution, "properties_dir")
    assert (found.value, found.source) == (str(held), f"model store {tmp_path}")


def test_a_model_of_the_hub_in_an_entry(tmp_path: Path) -> None:
    directory = configured(tmp_path, "option.seed=1")
    resolution = on_lmi({"SERVING_LOAD_MODELS": f"test={directory}", "HF_MODEL_ID": "org/m"})
    assert (find(resolution, "model").value, find(resolution, "model").source) == ("org/m", "variable HF_MODEL_ID")
    assert find(resolution, "model_name").source == "variable SERVING_LOAD_MODELS"
    assert (resolution.value("seed"), names(resolution)) == (1, ("test", ["test", "org/m", "lmi"]))
    assert resolution.errors == resolution.warnings == ()


def test_a_login_is_no_part_of_a_name() -> None:
    resolution = on_lmi({"SERVING_LOAD_MODELS": "s3://AKIA:sesame@bucket"}, "--engine-url", "http://host:8000")
    assert (resolution.value("model_name"), resolution.value("model_url")) == ("bucket", "s3://bucket")


def test_two_models(tmp_path: Path) -> None:
    entries = f"a={model(tmp_path / 'a')},b={model(tmp_path / 'b')}"
    (error,) = on_lmi({"SERVING_LOAD_MODELS": entries}).errors
    assert error == (
        f"one worker serves one model, and these are 2: file://{tmp_path}/a/ (variable SERVING_LOAD_MODELS) and "
        f"file://{tmp_path}/b/ (variable SERVING_LOAD_MODELS)"
    )


def test_two_models_that_are_not_there() -> None:
    errors = on_lmi({"SERVING_LOAD_MODELS": "a=/nowhere/a, b=s3://b/m"}).errors
    assert errors[0].startswith("one worker serves one model, and these are 2: file:///nowhere/a/ (variable SERVING_")


def test_a_model_in_the_store_and_one_on_the_hub(tmp_path: Path) -> None:
    (error,) = on_lmi({"HF_MODEL_ID": "org/m"}, "--model-dir", str(model(tmp_path))).errors
    assert error == (
        f"one worker serves one model, and these are 2: file://{tmp_path}/ (model store {tmp_path}) and "
        "org/m (variable HF_MODEL_ID)"
    )


def test_the_command_line_chooses_one(tmp_path: Path) -> None:
    resolution = on_lmi({"HF_MODEL_ID": "org/m"}, "--model-dir", str(model(tmp_path)), "--model", str(MINI))
    assert (resolution.value("model"), resolution.errors) == (str(MINI), ())


def test_the_command_line_names_the_model() -> None:
    assert names(on_lmi({"OPTION_MODEL_ID": "org/m"}, "--model-name", "mine")) == ("mine", ["mine", "org/m", "lmi"])


@pytest.mark.parametrize(
    ("environment", "arguments", "served"),
    [
        ({"OPTION_SERVED_MODEL_NAME": "a,b"}, (), ["a", "b"]),
        ({"OPTION_SERVED_MODEL_NAME": "a"}, ("--served-model-name", "c"), ["c"]),
    ],
)
def test_names_that_were_chosen(environment: dict[str, str], arguments: tuple[str, ...], served: list[str]) -> None:
    assert names(on_lmi({"OPTION_MODEL_ID": "org/m", **environment}, *arguments)) == ("model", served)


@pytest.mark.parametrize(
    "environment", [{}, {"SERVING_LOAD_MODELS": "NONE"}, {"OPTION_MODEL_ID": " "}, {"HF_MODEL_ID": "None"}]
)
def test_no_model(environment: dict[str, str], tmp_path: Path) -> None:
    resolution = on_lmi({"SERVING_MODEL_STORE": str(tmp_path), **environment})
    (error,) = resolution.errors
    ways = "set HF_MODEL_ID or OPTION_MODEL_ID, or option.model_id in serving.properties"
    assert error == f"there is no model: {ways}, or put a model into {tmp_path}"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("s3://", "names no bucket: write s3://bucket/prefix"),
        ("s3:///prefix", "names no bucket"),
        ("djl://ai.djl/m", "is in DJL's own model zoo, which has nothing for vLLM; name a directory"),
        ("https://host/m", "is nowhere that models are fetched from; name a directory"),
        ("HTTP://host/m", "is nowhere that models are fetched from; name a directory"),
        ("http://[", "is not a URL"),
    ],
)
def test_an_option_that_leads_nowhere(place: str, reason: str) -> None:
    (error,) = on_lmi({"OPTION_MODEL_ID": place}).errors
    assert error.startswith(f"model '{place}' (variable OPTION_MODEL_ID) {reason}")


def test_a_scheme_of_vllms() -> None:
    assert on_lmi({"OPTION_MODEL_ID": "gs://bucket/m"}).errors == ()


@pytest.mark.parametrize(
    "environment",
    [{"HF_MODEL_ID": "djl://x"}, {"SERVING_LOAD_MODELS": "m=/nowhere"}, {"SERVING_LOAD_MODELS": "a=/a,b=/b"}],
)
def test_one_mistake_is_one_error(environment: dict[str, str]) -> None:
    assert len(on_lmi(environment).errors) == 1


def test_a_file_that_may_name_a_model(tmp_path: Path) -> None:
    (error,) = on_lmi({}, "--model-dir", str(configured(tmp_path, "option.model_id=\\u1"))).errors
    assert error.startswith(f"{tmp_path}/serving.properties cannot be read")


def test_an_engine_elsewhere_needs_no_model() -> None:
    assert on_lmi({}, "--engine-url", "http://host:8000").errors == ()


def test_a_broken_entry_is_no_end(tmp_path: Path) -> None:
    directory = configured(model(tmp_path), "option.dtype=int4")
    errors = on_lmi({"SERVING_LOAD_MODELS": "m="}, "--model-dir", str(directory)).errors
    assert [error.split(":")[0] for error in errors] == ["variable SERVING_LOAD_MODELS", "dtype"]


def test_a_remote_engine_has_its_own_names() -> None:
    resolution = on_lmi({}, "--engine-url", "http://127.0.0.1:8000")
    assert find(resolution, "served_model_name").value is None
    assert resolution.errors == resolution.warnings == ()
