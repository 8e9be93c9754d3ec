import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.gateway import payloads

PYTHON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    return {key: finite(inner) for key, inner in value.items()} if isinstance(value, dict) else value


@settings(deadline=None)
@given(PYTHON)
def test_whatever_python_writes_is_kept_but_for_what_is_no_number(value: object) -> None:
    assert payloads.loads(payloads.dumps(payloads.loads(json.dumps(value).encode()))) == finite(value)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (b"NaN", b"null"),
        (b"[Infinity, -Infinity, 1e999]", b"[null,null,null]"),
        (b"123456789012345678901234", b"123456789012345678901234"),
        (b"[18446744073709551616, NaN, 1e999]", b"[18446744073709551616,null,null]"),
        (rb'{"\ud800": "\udc80"}', rb'{"\ud800":"\udc80"}'),
        ('"ä"'.encode(), '"ä"'.encode()),
    ],
)
def test_what_orjson_refuses(text: bytes, written: bytes) -> None:
    assert payloads.dumps(payloads.loads(text)) == written


@pytest.mark.parametrize("body", [b"", b"{", b"output", b"'a'", b'"\xff"', b"[" * 100_000, b'{"a":' * 100_000])
def test_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        payloads.loads(body)


def test_nested_too_deeply_to_be_written() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="nested too deeply"):
        payloads.dumps(value)
