import pytest
from starlette.types import Scope

from dragoman.serving.entrance.access import Access

ACCESS = Access.of(["first", "zweiter-schlüssel", "first"])


def showing(*values: bytes) -> Scope:
    return {"type": "http", "headers": [(b"authorization", value) for value in values]}


@pytest.mark.parametrize(
    ("shown", "client"),
    [
        (b"Bearer first", 0),
        (b"bearer first", 0),
        (b"BEARER  first ", 0),
        ("Bearer zweiter-schlüssel".encode(), 1),
        (b"Bearer firs", None),
        (b"Bearer first2", None),
        (b"Bearer", None),
        (b"Bearer ", None),
        (b"first", None),
        (b"Basic first", None),
        (b"", None),
    ],
)
def test_what_a_request_has_to_show(shown: bytes, client: int | None) -> None:
    assert ACCESS.client(showing(shown)) == client


def test_a_request_that_shows_nothing() -> None:
    assert ACCESS.client(showing()) is None


def test_another_header_is_no_key() -> None:
    assert ACCESS.client({"type": "http", "headers": [(b"x-api-key", b"first")]}) is None


def test_without_keys_there_is_nothing_to_show() -> None:
    assert not Access.of([])
    assert ACCESS


def test_it_holds_no_key() -> None:
    assert len(ACCESS.digests) == 2
    assert "first" not in repr(ACCESS)
    assert not {"first", "zweiter-schlüssel"} & set(ACCESS.digests)
