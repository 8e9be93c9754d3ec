"""A request that cannot be fulfilled as it stands."""

from dragoman.errors import DragomanError


class BadRequestError(DragomanError):
    """The client's mistake, answered in vLLM's words for it.

    Args:
        message: what is wrong.
        param: the field of the request that is.
    """

    status = 400

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param
