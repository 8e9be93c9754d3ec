"""A request that cannot be fulfilled as it stands."""

from dragoman.errors import DragomanError


class BadRequestError(DragomanError):
    """The client's mistake, answered in vLLM's words for it.

    Args:
        message: what is wrong.
        param: the field of the request that is, where it is one.
    """

    status = 400
    kind = "BadRequestError"

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class TooLargeError(BadRequestError):
    """A body that is larger than it may be."""

    status = 413
    kind = "RequestEntityTooLargeError"
