"""What the engine says is wrong, in DRUM's words: those of the OpenAI client with which DRUM asks its engine."""

from dragoman.engine.refusals import message
from dragoman.platforms.datarobot.errors import DrumError

TIMED_OUT = "Request timed out."


class BrokenStreamError(DrumError):
    """A stream that the engine broke off with an error.

    Args:
        error: what became of the request.
        said: what the engine said in the stream.
    """

    def __init__(self, error: DrumError, said: bytes) -> None:
        super().__init__(str(error), error.status)
        self.said = said


def refusal(status: int, body: bytes) -> DrumError:
    """The error that an answer of the engine's is, with the engine's status, where DRUM makes a 500 of each.

    Args:
        status: its status.
        body: OpenAI's error, or what else there is.
    """
    told = message(body)
    return DrumError(f"Error code: {status} - {told}" if told else f"Error code: {status}", status)
