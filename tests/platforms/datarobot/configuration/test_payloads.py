import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.platforms.datarobot.configuration.payloads import Payload, decode, payload


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", "a"),
        ("numeric", 256),
        ("numeric", 0.5),
        ("numeric", "256"),
        ("boolean", False),
        ("credential", {"credentialType": "s3", "awsAccessKeyId": "a", "more": [None]}),
        ("deployment", "65f"),
        *((kind, None) for kind in ("string", "numeric", "boolean", "credential", "deployment")),
    ],
)
def test_values_of_drums_types(kind: str, value: object) -> None:
    given_ = Payload(kind, value)
    assert decode(json.dumps({"type": kind, "payload": value})) == given_
    assert decode(given_.to_json()) == given_


@pytest.mark.parametrize(("kind", "value"), [("string", ""), ("numeric", " "), ("boolean", "null"), ("credential", {})])
def test_empty_values_are_nothing(kind: str, value: object) -> None:
    assert payload(kind, value) == Payload(kind, None)


@given(st.text() | st.text(alphabet='{}[]":,ntypepayload 0'))
def test_text_that_is_no_parameter(text: str) -> None:
    with pytest.raises(ValueError, match=r"^it is not"):
        decode(text)
