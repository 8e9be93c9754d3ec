import pytest

from dragoman.engine.guard.urls import ELSEWHERE, NO_FILES, PRIVATE, SCHEMES, UNCLEAR, problem
from dragoman.serving.entrance.limits import Limits
from tests.hostile.inputs import PRIVATE as HOSTILE


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "HTTP://example.com:8080?x=1",
        "https://8.8.8.8/a%20b.png#c",
        "https://[2606:4700::1111]:443/a.png",
        "data:image/png;base64,AAAA",
        "DATA:,x",
    ],
)
def test_what_may_be_fetched(url: str) -> None:
    assert problem(url, Limits()) is None


@pytest.mark.parametrize("url", HOSTILE)
def test_what_may_not(url: str) -> None:
    assert problem(url, Limits()) is not None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://10.0.0.1/", PRIVATE),
        ("http://user@example.com/", UNCLEAR),
        ("https://example.com\\@10.0.0.1/", UNCLEAR),
        ("https://example.com/a b", UNCLEAR),
        ("https://[::g]/", UNCLEAR),
        ("ftp://example.com/", SCHEMES),
        ("file:///etc/passwd", NO_FILES),
    ],
)
def test_each_is_told_what_is_wrong(url: str, said: str) -> None:
    assert problem(url, Limits()) == said


def test_what_the_operator_allows_is_allowed() -> None:
    assert problem("http://10.0.0.1/", Limits(allow_private_media=True)) is None
    assert problem("http://images.internal/", Limits(allowed_media_domains=("images.internal",))) is None
    assert problem("https://example.com/", Limits(allowed_media_domains=("images.internal",))) == ELSEWHERE
    assert problem("file:///data/a.png", Limits(allowed_local_media_path="/data")) is None
