from collections.abc import Callable

import pytest
from starlette.requests import Request

from dragoman.gateway import queries
from dragoman.gateway.errors import BadRequestError


def request(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


@pytest.mark.parametrize(
    ("query", "found"), [("", None), ("n=5", 5.0), ("n=2.5", 2.5), ("n=-1", -1.0), ("n=1e3", 1000.0), ("m=5", None)]
)
def test_number(query: str, found: float | None) -> None:
    assert queries.number(request(query), "n") == found


@pytest.mark.parametrize(("query", "found"), [("", None), ("n=1", 1), ("n=200", 200), ("n=5.0", 5), ("n=%205", 5)])
def test_integer(query: str, found: int | None) -> None:
    assert queries.integer(request(query), "n", 1, 200) == found


@pytest.mark.parametrize("given", ["", "x", "nan", "inf", "-Infinity", "1,5", "0x10", "9" * 400])
@pytest.mark.parametrize("read", [queries.number, lambda query, name: queries.integer(query, name, 0)])
def test_what_is_no_number(read: Callable[[Request, str], object], given: str) -> None:
    with pytest.raises(BadRequestError, match=r"^n is not a"):
        read(request(f"n={given}"), "n")


@pytest.mark.parametrize("given", ["0", "201", "1.5", "-1"])
def test_what_is_no_integer_in_the_range(given: str) -> None:
    with pytest.raises(BadRequestError, match=r"^n is not an integer from 1 to 200$"):
        queries.integer(request(f"n={given}"), "n", 1, 200)


@pytest.mark.parametrize(
    ("query", "default", "found"),
    [("", True, True), ("", False, False), ("n=true", False, True), ("n=false", True, False)],
)
def test_flag(query: str, default: bool, found: bool) -> None:
    assert queries.flag(request(query), "n", default) is found


@pytest.mark.parametrize("given", ["", "0", "no", "False"])
def test_what_is_no_flag(given: str) -> None:
    with pytest.raises(BadRequestError, match=r"^n is neither true nor false$"):
        queries.flag(request(f"n={given}"), "n", default=True)
