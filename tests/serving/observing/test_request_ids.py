from uuid import UUID

import pytest

from dragoman.serving.observing.request_ids import request_id

NAMES = (b"x-request-id", b"x-inference-id")


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ([(b"x-request-id", b"abc-1")], "abc-1"),
        ([(b"x-request-id", b"!" * 128)], "!" * 128),
        ([(b"host", b"here"), (b"x-request-id", b"{a:1}~")], "{a:1}~"),
        ([(b"x-inference-id", b"second")], "second"),
        ([(b"x-inference-id", b"second"), (b"x-request-id", b"first")], "first"),
        ([(b"x-inference-id", b"second"), (b"x-request-id", b"not fit")], "second"),
    ],
)
def test_the_clients_own_name_is_kept(headers: list[tuple[bytes, bytes]], name: str) -> None:
    assert request_id(headers, NAMES) == name


@pytest.mark.parametrize(
    "value", [b"", b"!" * 129, b"with blank", b"tab\t", b"line\nfeed", "ümlaut".encode(), b"\x7f", b"\x00"]
)
def test_a_name_that_fits_no_header_or_log_is_replaced(value: bytes) -> None:
    made = request_id([(b"x-request-id", value)])
    assert str(UUID(made)) == made


def test_a_request_without_a_name_gets_one_of_its_own() -> None:
    assert request_id([]) != request_id([])


def test_only_the_named_headers_count() -> None:
    assert request_id([(b"x-inference-id", b"abc")]) != "abc"
