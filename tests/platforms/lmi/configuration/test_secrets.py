"""Nothing that is shown has a secret in it, wherever the secret stands."""

import json
from pathlib import Path

import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.lmi.configuration.keys import known_keys, setting_for
from dragoman.platforms.lmi.configuration.variables import variable_of
from dragoman.platforms.lmi.settings import PLATFORM
from dragoman.settings.resolution import Resolution
from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.platforms.lmi.configuration.stores import configured, model

SECRET = "sesame-opens-it"
CATALOGUE = catalogue_of(PLATFORM)
NAMES = {key: name for key in known_keys(CATALOGUE) if (name := setting_for(key, CATALOGUE))}
KEYS = sorted(key for key, name in NAMES.items() if CATALOGUE[name].secret)
# The text of a file, with the key and the secret in it.
LINES = [
    "{key}={secret}",
    "{key} {secret}",
    "{key}={secret}\n{key}=x",
    "{key}{secret}",
    "{key}\\={secret}",
    "{key}[{secret}",
]
URLS = ["s3://key:{secret}@bucket", "s3://key:{secret}@bucket/m", "s3://bucket/m?X-Amz-Signature={secret}"]
VARIABLES = ["HF_MODEL_ID={url}", "SERVING_LOAD_MODELS={url}", "SERVING_LOAD_MODELS=m={url}", "OPTION_MODEL_ID={url}"]


def is_silent(resolution: Resolution) -> bool:
    return SECRET not in json.dumps(resolution.to_json()).lower() and SECRET not in repr(resolution).lower()


def test_the_secrets() -> None:
    assert KEYS == ["keystore_pass", "option.api_key", "option.env", "option.hf_token"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("line", LINES)
def test_a_file(tmp_path: Path, key: str, line: str) -> None:
    directory = configured(model(tmp_path), line.format(key=key, secret=SECRET))
    assert is_silent(on_lmi({}, "--model-dir", str(directory)))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("form", ["{variable}={secret}", "{variable}={secret},b", "{variable}{secret}=x"])
def test_a_variable(key: str, form: str) -> None:
    name, _, text = form.format(variable=variable_of(key), secret=SECRET).partition("=")
    assert is_silent(on_lmi({name: text}))


@pytest.mark.parametrize("key", KEYS)
def test_a_flag(key: str) -> None:
    flag = CATALOGUE[NAMES[key]].flags[0]
    assert is_silent(on_lmi({}, flag, SECRET))
    assert is_silent(on_lmi({"VLLM_EXTRA_ARGS": f"{flag}={SECRET}"}))


@pytest.mark.parametrize("key", KEYS)
def test_one_beside_another(tmp_path: Path, key: str) -> None:
    directory = configured(model(tmp_path), f"{key}={SECRET}")
    assert is_silent(on_lmi({variable_of(key): f"{SECRET}-too"}, "--model-dir", str(directory)))


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("url", URLS)
def test_a_url(variable: str, url: str) -> None:
    name, _, text = variable.format(url=url.format(secret=SECRET)).partition("=")
    assert is_silent(on_lmi({name: text}, "--engine-url", "http://127.0.0.1:1"))
