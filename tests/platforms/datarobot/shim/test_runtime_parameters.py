import json
import re

import pytest

from dragoman.platforms.datarobot.shim.datarobot_drum import RuntimeParameters
from dragoman.platforms.datarobot.shim.datarobot_drum.runtime_parameters.exceptions import (
    InvalidJsonException,
    InvalidRuntimeParam,
)

VARIABLE = "MLOPS_RUNTIME_PARAM_name"
SECRET = {"credentialType": "s3", "awsAccessKeyId": "key", "awsSessionToken": None}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("string", "text"),
        ("string", None),
        ("numeric", 256),
        ("numeric", 0.5),
        ("numeric", "1e3"),
        ("numeric", None),
        ("boolean", False),
        ("boolean", None),
        ("credential", SECRET),
        ("credential", {"credentialType": "apiToken"}),
        ("credential", None),
        ("deployment", "64f"),
        ("deployment", None),
    ],
)
def test_a_payload_is_handed_on_as_it_is(monkeypatch: pytest.MonkeyPatch, kind: str, payload: object) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps({"type": kind, "payload": payload}))
    assert RuntimeParameters.has("name")
    assert RuntimeParameters.get("name") == payload


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "It has to be an object with the keys type and payload."),
        ({"type": "string"}, "It has to be an object with the keys type and payload."),
        ({"type": "string", "payload": "a", "more": 1}, "It has to be an object with the keys type and payload."),
        (
            {"type": "STRING", "payload": "s3cret"},
            "Its type has to be one of string, numeric, boolean, credential, deployment.",
        ),
        (
            {"type": 1, "payload": "s3cret"},
            "Its type has to be one of string, numeric, boolean, credential, deployment.",
        ),
        ({"type": "string", "payload": ""}, "Its payload has to be a string that is not empty or null."),
        ({"type": "string", "payload": 1}, "Its payload has to be a string that is not empty or null."),
        ({"type": "numeric", "payload": "s3cret"}, "Its payload has to be a number or null."),
        ({"type": "numeric", "payload": []}, "Its payload has to be a number or null."),
        ({"type": "numeric", "payload": 10**400}, "Its payload has to be a number or null."),
        ({"type": "boolean", "payload": "true"}, "Its payload has to be true, false or null."),
        ({"type": "boolean", "payload": 1}, "Its payload has to be true, false or null."),
        (
            {"type": "credential", "payload": {"apiToken": "s3cret"}},
            "Its payload has to be an object with a credentialType or null.",
        ),
        (
            {"type": "credential", "payload": {"credentialType": "", "apiToken": "s3cret"}},
            "Its payload has to be an object with a credentialType or null.",
        ),
        ({"type": "deployment", "payload": 64}, "Its payload has to be a string that is not empty or null."),
    ],
)
def test_a_wrong_parameter_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, value: object, words: str) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps(value))
    with pytest.raises(InvalidRuntimeParam, match=f"^Invalid runtime parameter 'name'! {re.escape(words)}$"):
        RuntimeParameters.get("name")


def test_what_is_no_json_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "s3cret")
    with pytest.raises(InvalidJsonException, match=r"^Invalid runtime parameter json payload of 'name'!$") as raised:
        RuntimeParameters.get("name")
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_parameter_that_is_not_set_is_a_value_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert not RuntimeParameters.has("name")
    with pytest.raises(ValueError, match=r"^Runtime parameter 'name' does not exist!$"):
        RuntimeParameters.get("name")


def test_names_have_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, '{"type": "string", "payload": "text"}')
    assert not RuntimeParameters.has("NAME")
