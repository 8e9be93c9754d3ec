import pytest

from dragoman.gateway import errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadRequestError, 400),
        (errors.UnauthorizedError, 401),
        (errors.ForbiddenError, 403),
        (errors.NotFoundError, 404),
        (errors.TooLargeError, 413),
    ],
)
def test_statuses(error: type[errors.GatewayError], status: int) -> None:
    assert error("no").status == status
