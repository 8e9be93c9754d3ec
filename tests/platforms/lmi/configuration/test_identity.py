from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.platforms.lmi.configuration.identity import Identity, identify
from dragoman.platforms.lmi.configuration.model_store import STORE
from dragoman.platforms.lmi.configuration.registration import Registration
from tests.platforms.lmi.configuration.stores import configured, model

ON_HUB = Registration(
    source="variable HF_MODEL_ID", name="org_m", url="org/m", model="org/m", on_hub=True, directory=None
)


def in_store(store: Path, environment: Mapping[str, str]) -> Identity:
    return identify({"SERVING_MODEL_STORE": str(store), **environment}, None)


def loaded(text: str, model_dir: Path | None = None) -> Identity:
    return identify({"SERVING_LOAD_MODELS": text}, model_dir)


def test_the_store_itself(tmp_path: Path) -> None:
    store = model(tmp_path / "my-model")
    assert in_store(store, {}) == Identity(
        Registration(
            source=f"model store {store}",
            name="my_model",
            url=f"file://{store}/",
            directory=store,
            model=str(store),
        )
    )


def test_the_one_model_in_the_store(tmp_path: Path) -> None:
    held = model(tmp_path / "llama")
    found = in_store(tmp_path, {}).registration
    assert (found.name, found.directory, found.model) == ("llama", held, str(held))


def test_an_empty_store(tmp_path: Path) -> None:
    found = in_store(tmp_path, {}).registration
    assert (found.directory, found.model) == (tmp_path, None)


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    store = tmp_path / "nowhere"
    identity = in_store(store, {})
    assert identity.warnings == (f"variable SERVING_MODEL_STORE: '{store}' is not a directory",)
    assert (identity.registration.name, identity.registration.directory) == ("nowhere", None)


def test_the_containers_own_store_need_not_be_there() -> None:
    assert identify({}, None).registration.name == "model"
    assert identify({}, None).warnings == ()


def test_the_users_directory_stands_in_for_the_store(tmp_path: Path) -> None:
    own = model(tmp_path / "own")
    assert identify({"SERVING_MODEL_STORE": "/nowhere"}, own).registration.directory == own
    assert identify({"SERVING_MODEL_STORE": "/nowhere"}, own).warnings == ()


def test_several_models_in_the_store(tmp_path: Path) -> None:
    for name in "abc":
        model(tmp_path / name)
    identity = in_store(tmp_path, {})
    assert [each.name for each in (identity.registration, *identity.others)] == ["a", "b", "c"]


def test_an_entry(tmp_path: Path) -> None:
    assert loaded(f"test:1:Python:gpu0={model(tmp_path)}").registration == Registration(
        source="variable SERVING_LOAD_MODELS",
        name="test",
        version="1",
        engine="Python",
        devices="gpu0",
        url=f"file://{tmp_path}/",
        directory=tmp_path,
        model=str(tmp_path),
    )


def test_an_entry_without_a_name(tmp_path: Path) -> None:
    assert loaded(f"file://{model(tmp_path / 'my-model')}/").registration.name == "my_model"


def test_an_entry_without_weights(tmp_path: Path) -> None:
    found = loaded(f"test={tmp_path}").registration
    assert (found.directory, found.model) == (tmp_path, None)


def test_an_entry_on_s3() -> None:
    url = "s3://bucket/my-model/"
    assert loaded(f"test={url}").registration == Registration(
        source="variable SERVING_LOAD_MODELS", name="test", url=url, remote=url, model=url
    )


def test_the_guides_entry_needs_no_directory() -> None:
    found = loaded("test::Python=/opt/ml/model").registration
    assert (found.name, found.engine, found.model) == ("test", "Python", None)


def test_nothing_to_load(tmp_path: Path) -> None:
    found = in_store(model(tmp_path), {"SERVING_LOAD_MODELS": "NONE"}).registration
    assert (found.directory, found.model) == (None, None)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("m=/nowhere", "variable SERVING_LOAD_MODELS: '/nowhere' does not exist"),
        ("m=/dev/null", "variable SERVING_LOAD_MODELS: '/dev/null' is a file, not a directory; unpack it first"),
        ("m=", "variable SERVING_LOAD_MODELS: 'm=' has no URL after =; "),
        ("m=djl://x/y", "variable SERVING_LOAD_MODELS: 'djl://x/y' is in DJL's own model zoo"),
        ("m=http://[::1", "variable SERVING_LOAD_MODELS: 'http://[::1' is not a URL: Invalid IPv6 URL"),
        ("m=s3:///p", "variable SERVING_LOAD_MODELS: 's3:///p' names no bucket: write s3://bucket/prefix"),
        ("a=/a,b=djl://x/y", "variable SERVING_LOAD_MODELS: 'djl://x/y' is in DJL's own model zoo"),
        ("m=/" + "x" * 300, "variable SERVING_LOAD_MODELS: '/xxxxxxxx"),
        ("m=/" + "x/" * 3000, "variable SERVING_LOAD_MODELS: '/x/x/x/x/"),
    ],
)
def test_what_cannot_be_loaded(text: str, error: str) -> None:
    (problem,) = loaded(text).errors
    assert problem.startswith(error)


@pytest.mark.parametrize(
    ("url", "directory"),
    [
        (str(STORE), "own"),
        (f"{STORE}/held", "own/held"),
        ("{own}", "own"),
        ("{own}/held", "own/held"),
    ],
)
def test_the_users_directory_stands_in_for_that_of_an_entry(tmp_path: Path, url: str, directory: str) -> None:
    own = tmp_path / "own"
    model(own / "held")
    found = loaded(f"test={url.format(own=own)}", own).registration
    assert (found.name, found.directory) == ("test", tmp_path / directory)


@pytest.mark.parametrize("url", [f"{STORE}/elsewhere", "/somewhere/else"])
def test_the_users_directory_is_served_in_place_of_any_other(tmp_path: Path, url: str) -> None:
    identity = loaded(f"test={url}", model(tmp_path))
    assert (identity.registration.name, identity.registration.directory) == ("test", tmp_path)
    (warning,) = identity.warnings
    assert warning == (
        f"variable SERVING_LOAD_MODELS: '{url}' is not in model_dir {tmp_path}, which is served in its place"
    )


def test_a_model_on_the_hub(tmp_path: Path) -> None:
    assert identify({"HF_MODEL_ID": " org/m ", "SERVING_LOAD_MODELS": "NONE"}, None) == Identity(ON_HUB)


def test_a_model_on_s3(tmp_path: Path) -> None:
    found = identify({"HF_MODEL_ID": "s3://b/my-model"}, None).registration
    assert (found.name, found.remote, found.model) == ("my_model", "s3://b/my-model", "s3://b/my-model")


def test_a_model_in_a_directory(tmp_path: Path) -> None:
    found = identify({"HF_MODEL_ID": str(tmp_path)}, None).registration
    assert (found.directory, found.model, found.on_hub) == (tmp_path, str(tmp_path), False)


def test_the_users_directory_stands_in_for_that_of_hf_model_id(tmp_path: Path) -> None:
    identity = identify({"HF_MODEL_ID": "/opt/ml/model"}, model(tmp_path))
    assert (identity.registration.directory, identity.others) == (tmp_path, ())


@pytest.mark.parametrize(
    ("model_id", "error"),
    [
        ("djl://ai.djl/m", "is in DJL's own model zoo"),
        ("https://host/m", "is nowhere that models are fetched from"),
        ("s3://", "names no bucket: write s3://bucket/prefix"),
        ("http://[", "is not a URL"),
        (__file__, "is a file, not a directory"),
    ],
)
def test_hf_model_id_that_leads_nowhere(model_id: str, error: str) -> None:
    (problem,) = identify({"HF_MODEL_ID": model_id}, None).errors
    assert problem.startswith(f"variable HF_MODEL_ID: '{model_id}' {error}")


def test_a_configuration_in_hf_model_id(tmp_path: Path) -> None:
    (error,) = identify({"HF_MODEL_ID": f"{model(tmp_path)}/config.json"}, None).errors
    assert error == f"variable HF_MODEL_ID: '{tmp_path}/config.json' is a file, not a directory"


@pytest.mark.parametrize(
    ("variable", "text"),
    [("SERVING_MODEL_STORE", "{path}"), ("SERVING_LOAD_MODELS", "m={path}"), ("HF_MODEL_ID", "{path}")],
)
def test_where_nobody_may_look(locked: Path, variable: str, text: str) -> None:
    path = locked / "in"
    (error,) = identify({variable: text.format(path=path)}, None).errors
    assert error == f"variable {variable}: '{path}' cannot be read: Permission denied"


@pytest.mark.parametrize("text", ["", " "])
def test_hf_model_id_without_a_value(text: str) -> None:
    assert not identify({"HF_MODEL_ID": text}, None).registration.on_hub


def test_a_store_without_a_model_is_about_the_one_on_the_hub(tmp_path: Path) -> None:
    found = in_store(configured(tmp_path, "option.dtype=fp16"), {"HF_MODEL_ID": "org/m"})
    assert (found.registration.model, found.registration.directory, found.others) == ("org/m", tmp_path, ())


def test_a_store_with_a_model_beside_hf_model_id(tmp_path: Path) -> None:
    identity = in_store(model(tmp_path), {"HF_MODEL_ID": "org/m"})
    assert identity.registration.directory == tmp_path
    assert identity.others == (ON_HUB,)


def test_hf_model_id_that_is_the_store(tmp_path: Path) -> None:
    identity = in_store(model(tmp_path), {"HF_MODEL_ID": f"{tmp_path}/"})
    assert (identity.registration.directory, identity.others) == (tmp_path, ())


def test_hf_model_id_beside_an_entry(tmp_path: Path) -> None:
    environment = {"HF_MODEL_ID": "org/m", "SERVING_LOAD_MODELS": f"test={model(tmp_path)}"}
    assert identify(environment, None).others == (ON_HUB,)


def test_hf_model_id_is_the_model_of_an_entry_without_one(tmp_path: Path) -> None:
    environment = {"HF_MODEL_ID": "org/m", "SERVING_LOAD_MODELS": f"test:1={configured(tmp_path, 'option.seed=1')}"}
    assert identify(environment, None) == Identity(
        Registration(
            source="variable SERVING_LOAD_MODELS",
            name="test",
            version="1",
            url=f"file://{tmp_path}/",
            directory=tmp_path,
            model="org/m",
            on_hub=True,
            chooser="variable HF_MODEL_ID",
        )
    )


def test_the_guides_entry_with_hf_model_id() -> None:
    identity = identify({"HF_MODEL_ID": "org/m", "SERVING_LOAD_MODELS": "test::Python=/opt/ml/model"}, None)
    assert (identity.registration.name, identity.registration.model, identity.others) == ("test", "org/m", ())


def test_an_entry_without_a_model_and_hf_model_id_with_one(tmp_path: Path) -> None:
    held = model(tmp_path / "held")
    environment = {"HF_MODEL_ID": str(held), "SERVING_LOAD_MODELS": f"test={configured(tmp_path / 'empty', '')}"}
    found = identify(environment, None).registration
    assert (found.name, found.directory, found.model, found.url) == ("test", held, str(held), f"file://{held}/")


def test_hf_model_id_that_is_the_entrys_directory(tmp_path: Path) -> None:
    environment = {"HF_MODEL_ID": str(tmp_path), "SERVING_LOAD_MODELS": f"test={tmp_path}"}
    identity = identify(environment, None)
    assert (identity.registration.name, identity.others) == ("test", ())
