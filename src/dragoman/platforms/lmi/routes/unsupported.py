"""What DJL Serving does when a header asks for it, and this worker does not."""

from collections.abc import Mapping

from dragoman.platforms.lmi.errors import bad_request

PAGES = "Answers in pages ({}) are not supported: stream the answer, or wait for all of it."


def refuse(headers: Mapping[str, str]) -> None:
    """Refuses requests that would be answered otherwise than they ask.

    Args:
        headers: the request's headers, their names in lower case.

    Raises:
        ServerError: the request asks for another handler, or for an answer in pages.
    """
    if "handler" in headers:
        raise bad_request("The header handler is not supported: there is one handler for all requests.")
    if headers.get("x-synchronous", "").lower() == "false":
        raise bad_request(PAGES.format("x-synchronous: false"))
    if "x-starting-token" in headers:
        raise bad_request(PAGES.format("x-starting-token"))
