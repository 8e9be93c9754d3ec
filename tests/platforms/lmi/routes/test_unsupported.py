import pytest

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes import unsupported


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"handler": "mine"}, "The header handler is not supported: there is one handler for all requests."),
        ({"x-synchronous": "False"}, "Answers in pages (x-synchronous: false) are not supported"),
        ({"x-starting-token": "t"}, "Answers in pages (x-starting-token) are not supported"),
    ],
)
def test_what_is_not_done_is_refused(headers: dict[str, str], message: str) -> None:
    with pytest.raises(ServerError) as refused:
        unsupported.refuse(headers)
    assert (refused.value.status, refused.value.kind) == (400, "BadRequestException")
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("headers", [{}, {"x-synchronous": "true"}])
def test_ordinary_requests_are_not(headers: dict[str, str]) -> None:
    unsupported.refuse(headers)
