"""What the gateway answers instead of a result: each error knows its HTTP status."""

from dragoman.errors import DragomanError


class GatewayError(DragomanError):
    """A request that is not fulfilled; the message is for the client and repeats nothing of what it sent."""


class BadRequestError(GatewayError):
    """The request cannot be fulfilled as it stands."""

    status = 400


class UnauthorizedError(GatewayError):
    """The key is missing or wrong."""

    status = 401


class ForbiddenError(GatewayError):
    """Whoever asks may not, whatever the key."""

    status = 403


class NotFoundError(GatewayError):
    """There is no such job, endpoint or route; a job that has expired is gone too."""

    status = 404


class WorkerLostError(GatewayError):
    """The worker whose answer was followed is lost, and a part of the answer is with the client already."""

    status = 503


class TooLargeError(GatewayError):
    """The body is larger than its route takes."""

    status = 413
