"""What the engine says is wrong, in DRUM's words: those of the OpenAI client with which DRUM asks its engine."""

from collections.abc import Iterable, Mapping

from dragoman.engine.client import Header
from dragoman.engine.refusals import message, pause
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


def refusal(status: int, body: bytes, headers: Iterable[Header] = ()) -> DrumError:
    """The error that an answer of the engine's is, with the engine's status, where DRUM makes a 500 of each.

    Args:
        status: its status.
        body: OpenAI's error, or what else there is.
        headers: the answer's; a client is told when to come again.
    """
    return refused(status, message(body), pause(headers))


def refused(status: int, told: str, headers: Mapping[str, str] | None = None) -> DrumError:
    """The error that a refusal is, before the engine or by it.

    Args:
        status: its status.
        told: why, if anybody says it.
        headers: more headers of the answer.
    """
    return DrumError(f"Error code: {status} - {told}" if told else f"Error code: {status}", status, headers)
