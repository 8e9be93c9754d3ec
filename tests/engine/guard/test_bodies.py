from collections.abc import Callable

import orjson
import pytest

from dragoman.engine.bad_request import BadRequestError, TooLargeError
from dragoman.engine.guard.bodies import loaded, parsed, weigh
from dragoman.serving.entrance.limits import Limits


def test_json_is_weighed_before_it_is_read() -> None:
    weigh(b"," * 2**21, Limits())
    with pytest.raises(BadRequestError, match="more than 2097152 commas"):
        weigh(b"," * (2**21 + 1), Limits())
    with pytest.raises(TooLargeError, match="more than 2 bytes"):
        weigh(b"[ ]", Limits(max_body_size=2))


@pytest.mark.parametrize("depth", [1, 64, 500])
def test_json_may_be_as_deep_as_the_limit(depth: int) -> None:
    limits = Limits(max_json_depth=depth)
    assert loaded(b"[" * depth + b"]" * depth, limits) is not None
    with pytest.raises(BadRequestError, match=f"more than {depth} levels deep"):
        loaded(b"[" * (depth + 1) + b"]" * (depth + 1), limits)


@pytest.mark.parametrize("read", [parsed, loaded])
def test_what_is_too_deep_to_be_read_is_said_to_be_deep(read: Callable[[bytes, Limits], object]) -> None:
    with pytest.raises(BadRequestError, match="more than 64 levels deep"):
        read(b"[" * 100_000, Limits())


@pytest.mark.parametrize("body", [b"5", b'"text"', b"null"])
def test_what_is_no_container_has_no_depth(body: bytes) -> None:
    assert loaded(body, Limits(max_json_depth=1)) == orjson.loads(body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN"])
def test_what_is_no_json_is_for_the_caller_to_name(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        loaded(body, Limits(), orjson.loads)


def test_json_is_read_as_vllm_reads_it() -> None:
    assert loaded(b'["\\ud800", 18446744073709551617]', Limits()) == ["\ud800", 2**64 + 1]
