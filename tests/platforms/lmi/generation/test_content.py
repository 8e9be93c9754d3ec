import json
from contextlib import suppress

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.content import decode
from dragoman.platforms.lmi.options import Era
from dragoman.serving.entrance.limits import Limits

SECRET = "tell-no-one"
MULTIPART = "multipart/form-data; boundary=XX"
LIMITS = Limits()


def decoded(body: bytes, content_type: str | None = "application/json", limits: Limits = LIMITS) -> object:
    return decode(body, {} if content_type is None else {"content-type": content_type}, limits)


def multipart(*parts: tuple[str, bytes]) -> bytes:
    head = b"--XX\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
    return b"".join(head % (name.encode(), value) for name, value in parts) + b"--XX--\r\n"


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    ("content_type", "body", "content"),
    [
        ("application/json", b'{"inputs": "Hi", "parameters": {}}', {"inputs": "Hi", "parameters": {}}),
        ("application/json; charset=utf-8", b'{"inputs": "Hi"}', {"inputs": "Hi"}),
        ("Application/JSON", '{"inputs": "h\u00e9 \U0001f642"}'.encode(), {"inputs": "h\u00e9 \U0001f642"}),
        ("application/jsonlines", b'{"inputs": "Hi"}', {"inputs": "Hi"}),
        (None, b'{"inputs": "Hi"}', {"inputs": "Hi"}),
        (None, b"", {"inputs": ""}),
        ("", b'{"messages": []}', {"messages": []}),
        ("text/plain", b"Tell me", {"inputs": "Tell me"}),
        ("text/plain; charset=utf-8", b'{"inputs": "Hi"}', {"inputs": '{"inputs": "Hi"}'}),
        ("text/plain", b"\xef\xbb\xbfHi", {"inputs": "Hi"}),
        ("text/csv", b'inputs\r\n"Hi, you"\r\nBye\r\n', {"inputs": ["Hi, you", "Bye"]}),
        ("application/octet-stream", b"Tell me", {"inputs": "Tell me"}),
        ("application/octet-stream", b"", {"inputs": ""}),
        ("image/png", b"Tell me", {"inputs": "Tell me"}),
        (
            "application/x-www-form-urlencoded",
            b"inputs=Tell+me%21&stream=true",
            {"inputs": "Tell me!", "stream": "true"},
        ),
        (
            "application/x-www-form-urlencoded",
            b"inputs=Hi&parameters=%7B%22max_new_tokens%22%3A5%7D",
            {"inputs": "Hi", "parameters": {"max_new_tokens": 5}},
        ),
        ("application/x-www-form-urlencoded", b"text=Hi&more=x", {"inputs": "Hi"}),
        ("application/x-www-form-urlencoded", b"text=Hi&data=There", {"inputs": "There"}),
        ("application/x-www-form-urlencoded", b"", {"inputs": ""}),
        ("application/x-www-form-urlencoded", b' {"inputs": "by curl"}', {"inputs": "by curl"}),
        ("application/x-www-form-urlencoded", b"model_name=m&x=Hi", {"inputs": "Hi", "model_name": "m"}),
        (MULTIPART, multipart(('name="inputs"', b"Hi\r\nthere")), {"inputs": "Hi\r\nthere"}),
        (
            MULTIPART,
            multipart(('name="inputs"; filename="p.txt"', b"Hi"), ('name="parameters"', b'{"n": 2}')),
            {"inputs": "Hi", "parameters": {"n": 2}},
        ),
        (MULTIPART, multipart(('name="file"; filename="p.txt"', b"Hi")), {"inputs": "Hi"}),
        (MULTIPART, multipart(), {"inputs": ""}),
    ],
)
def test_every_content_type_becomes_a_request(content_type: str | None, body: bytes, content: object) -> None:
    assert decoded(body, content_type) == content


@pytest.mark.parametrize(
    ("content_type", "body", "says"),
    [
        ("application/json", b"", "of the JSON"),
        ("application/json", b'{"inputs": "tell-no-one"', "of the JSON"),
        ("application/json", b"tell-no-one", "line 1, column 1 of the JSON"),
        ("application/json", b'{"inputs": "tell-no-one\xff"}', "UTF-8"),
        ("application/json", b'{"inputs": "tell-no-one \\ud800"}', "surrogate"),
        ("application/json", b'{"inputs": "tell-no-one", "x": NaN}', "of the JSON"),
        ("application/json", b'{"inputs": "tell-no-one", "x": Infinity}', "of the JSON"),
        ("application/json", b'["tell-no-one"]', "must be a JSON object, not this list"),
        ("application/json", b'"tell-no-one"', "must be a JSON object, not a string"),
        ("application/json", b"null", "must be a JSON object, not null"),
        ("application/json", b"[" * 100_000, "of the JSON"),
        ("application/json", nested(65), "more than 64 levels deep"),
        ("application/json", b"," * (2**21 + 1), "more than 2097152 commas"),
        (None, b"tell-no-one", "of the JSON"),
        ("text/plain", b"tell-no-one\xff", "not valid UTF-8"),
        ("application/octet-stream", b"tell-no-one\xff", "not valid UTF-8"),
        ("text/csv", b"tell-no-one\nHi\n", "a header with a column inputs"),
        ("application/x-www-form-urlencoded", b"inputs=tell-no-one%ff", "form cannot be read"),
        ("application/x-www-form-urlencoded", b"inputs=Hi&parameters=tell-no-one", "of the JSON"),
        ("application/x-www-form-urlencoded", b"x=1&" * 1001, "too many fields"),
        ("application/x-www-form-urlencoded", b"x=" + b"1" * 2**23, "8388608 bytes at most"),
        (MULTIPART, b"1" * (2**23 + 1), "8388608 bytes at most"),
        (MULTIPART, multipart(*[('name="x"', b"1")] * 1001), "more than 1000 fields"),
        (MULTIPART, multipart(('name="inputs"', b"tell-no-one"))[:-8], "it has no end"),
        (MULTIPART, b"", "it has no end"),
        ("multipart/form-data", multipart(('name="inputs"', b"tell-no-one")), "form cannot be read"),
        ("multipart/form-data; boundary=YY", multipart(('name="inputs"', b"tell-no-one")), "form cannot be read"),
        (MULTIPART, multipart(('name="inputs"', b"tell-no-one\xff")), "not valid UTF-8"),
        (MULTIPART, multipart(('filename="tell-no-one"', b"Hi")), "form cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_repeated(content_type: str | None, body: bytes, says: str) -> None:
    with pytest.raises(HandlerError, match=says) as raised:
        decoded(body, content_type)

    assert raised.value.status == 424
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("depth", [3, 64, 100])
def test_json_may_be_as_deep_as_the_limit(depth: int) -> None:
    limits = Limits(max_json_depth=depth)

    assert decoded(nested(depth), limits=limits) == json.loads(nested(depth))
    with pytest.raises(HandlerError, match=f"more than {depth} levels deep"):
        decoded(nested(depth + 1), limits=limits)


def test_json_in_a_form_has_the_same_limit() -> None:
    form = b"inputs=Hi&parameters=" + nested(3)

    with pytest.raises(HandlerError, match="more than 2 levels deep"):
        decoded(form, "application/x-www-form-urlencoded", Limits(max_json_depth=2))


@pytest.mark.parametrize(
    ("era", "introduction"),
    [
        (Era.ROLLING, "Input Parsing failed. Ensure that the request payload is valid. The body must be"),
        (Era.ASYNC, "Input parsing failed: The body must be"),
    ],
)
def test_a_refusal_is_in_the_words_of_the_era(era: Era, introduction: str) -> None:
    with pytest.raises(HandlerError) as raised:
        decode(b"[]", {}, LIMITS, era)

    assert orjson.loads(raised.value.line())["error"].startswith(introduction)


TYPES = st.sampled_from(
    ["application/json", "text/csv", "text/plain", "application/x-www-form-urlencoded", "a/b", MULTIPART, ""]
)
# What forms, tables and JSON are made of, put together wrongly.
SCRAPS = [
    b"--XX",
    b"--",
    b"\r\n",
    b"\n",
    b":",
    b";",
    b"=",
    b"&",
    b"%",
    b",",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"\xff",
    b"\x00",
]
WORDS = [b"Content-Disposition: form-data; ", b'name="inputs"', b'filename="x"', b"inputs", b"parameters", b"1e999"]
HEADS = [b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"]
PIECES = st.lists(st.sampled_from([*SCRAPS, *WORDS, *HEADS])).map(b"".join)


@settings(deadline=None)
@given(body=st.one_of(st.binary(), PIECES), content_type=st.one_of(TYPES, st.text()))
def test_nothing_but_a_handler_error_is_raised(body: bytes, content_type: str) -> None:
    with suppress(HandlerError):
        assert isinstance(decode(body, {"content-type": content_type}, LIMITS), dict)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_plain_text_is_one_prompt(text: str) -> None:
    assert decoded(text.encode(), "text/plain") == {"inputs": text.removeprefix("\ufeff")}
