"""The exceptions that custom.py files raise and catch, under DRUM's names."""


class DrumException(Exception):  # noqa: N818
    """The root of DRUM's own exceptions."""


class DrumCommonException(DrumException):
    """Something went wrong."""


class DrumSerializationError(DrumException):
    """A model cannot be saved or loaded."""


class BaseCustomUserError(Exception):
    """The root of what custom.py raises to be answered as it is."""


class CustomHTTPError(BaseCustomUserError):
    """An answer in place of a prediction.

    Args:
        message: what the client is told.
        status_code: the HTTP status.
    """

    def __init__(self, message: str = "User's HTTP error in custom model", status_code: int = 400) -> None:
        super().__init__(message)
        self.status_code = status_code
