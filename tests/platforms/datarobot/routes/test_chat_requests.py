import json
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.routes.chat_requests import UNREADABLE, Chat
from dragoman.platforms.datarobot.routes.chat_requests import read as read_within
from dragoman.serving.entrance.limits import Limits
from tests.generated import objects

JSON = "application/json"


def read(kind: str, body: bytes) -> Chat:
    return read_within(kind, body, Limits())


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"]
)
def test_a_body_says_that_it_is_json(kind: str) -> None:
    assert read(kind, b'{"messages": []}').content == {"messages": []}


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "text/json", "application/jsonl", "application/x-www-form-urlencoded"]
)
def test_a_body_that_does_not_is_refused_in_flasks_words(kind: str) -> None:
    with pytest.raises(DrumError, match=r"^415 Unsupported Media Type: Did not attempt to load JSON data") as refused:
        read(kind, b"{}")
    assert refused.value.status == 500


@pytest.mark.parametrize("body", [b"", b"{", b"hi", b'{"a": 1,}', b"\xff", b"[]", b'"hi"', b"null"])
def test_a_body_that_is_no_json_object_is_refused_in_flasks_words(body: bytes) -> None:
    with pytest.raises(DrumError) as refused:
        read(JSON, body)
    response = refused.value.response()
    assert (response.status_code, json.loads(bytes(response.body))) == (400, {"error": UNREADABLE})


@pytest.mark.parametrize(
    ("body", "limits", "says"),
    [
        (b'{"a": [[1]]}', Limits(max_json_depth=2), "is nested more than 2 levels deep (max_json_depth)."),
        (b"[" * 100_000, Limits(), "is nested more than 64 levels deep (max_json_depth)."),
        (b'{"a": [1' + b",1" * (2**21 + 1) + b"]}", Limits(), "holds more than 2097152 commas."),
    ],
)
def test_a_body_beyond_the_limits_is_refused_as_the_engine_is_told_to_refuse_it(
    body: bytes, limits: Limits, says: str
) -> None:
    with pytest.raises(DrumError) as refused:
        read_within(JSON, body, limits)
    assert (refused.value.status, str(refused.value)) == (400, f"Error code: 400 - The request {says}")


@pytest.mark.parametrize("fields", [{}, {"model": None}, {"model": ""}, {"model": "datarobot-deployed-llm"}])
def test_a_chat_that_names_no_model_is_for_the_one_that_is_served(fields: dict[str, Any]) -> None:
    chat = read(JSON, json.dumps({**fields, "top_k": 3}).encode())
    assert json.loads(chat.to_engine("mini")) == {"model": "mini", "top_k": 3}


@pytest.mark.parametrize("fields", [{}, {"model": None}, {"model": ""}, {"model": "datarobot-deployed-llm"}])
def test_an_engine_with_names_of_its_own_is_asked_without_a_name(fields: dict[str, Any]) -> None:
    chat = read(JSON, json.dumps({**fields, "top_k": 3}).encode())
    assert json.loads(chat.to_engine(None)) == {"top_k": 3}


@pytest.mark.parametrize("model", ["mini", "other", 5])
def test_a_chat_that_names_a_model_goes_on_as_it_came(model: object) -> None:
    body = json.dumps({"model": model, "messages": []}).encode() + b"\n"
    assert read(JSON, body).to_engine("mini") == body


def test_an_association_id_is_the_clients() -> None:
    assert read(JSON, b'{"datarobot_association_id": "a1"}').association_id == "a1"


@pytest.mark.parametrize("body", [b"{}", b'{"datarobot_association_id": null}', b'{"datarobot_association_id": ""}'])
def test_an_association_id_is_made_where_the_client_has_none(body: bytes) -> None:
    assert UUID(read(JSON, body).association_id).version == 4


@pytest.mark.parametrize("association_id", ["a1", 'say "hi"', "ø", 5])
def test_an_answer_has_the_association_id(association_id: object) -> None:
    chat = read(JSON, json.dumps({"datarobot_association_id": association_id}).encode())
    answer = json.loads(chat.associated(b'{"id": "x", "choices": [{}]}\n'))
    assert answer == {"id": "x", "choices": [{}], "datarobot_association_id": association_id}


@given(st.binary() | objects("model", "messages", "stream").map(lambda body: json.dumps(body).encode()), st.text())
def test_nothing_but_an_error_of_drums_is_raised(body: bytes, kind: str) -> None:
    for each in ("application/json", kind):
        with suppress(DrumError):
            read(each, body)
