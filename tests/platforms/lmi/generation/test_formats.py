import pytest

from dragoman.platforms.lmi.generation.formats import preferred_stream, stream_format, text_format
from dragoman.platforms.lmi.generation.request import Wire

JSON, LINES, EVENTS = Wire


@pytest.mark.parametrize(
    ("parameter", "option", "streams", "tgi_compat", "expected"),
    [
        (None, None, False, False, JSON),
        (None, None, True, False, LINES),
        (None, None, False, True, JSON),
        (None, None, True, True, EVENTS),
        (None, "json", True, False, JSON),
        (None, "jsonlines", False, False, LINES),
        (None, "jsonlines", True, True, LINES),
        (None, "sse", False, False, EVENTS),
        (None, "json_chat", False, False, JSON),
        (None, "jsonlines_chat", False, False, LINES),
        (None, "sse_chat", False, False, EVENTS),
        (None, "unheard_of", True, False, LINES),
        (None, "3p_stream", False, False, JSON),
        ("jsonlines", "json", False, False, LINES),
        ("json", "jsonlines", True, False, JSON),
        ("sse", None, False, False, EVENTS),
        ("unheard_of", "jsonlines", False, False, LINES),
    ],
)
def test_a_formatter_that_is_named_counts_more_than_stream(
    parameter: str | None, option: str | None, streams: bool, tgi_compat: bool, expected: Wire
) -> None:
    assert text_format((parameter, option), streams, None, tgi_compat) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("text/event-stream", EVENTS),
        ("application/jsonlines", LINES),
        ("Text/Event-Stream; q=0.9, application/jsonlines", EVENTS),
        ("application/json, application/jsonlines;q=0.5, text/event-stream", LINES),
    ],
)
def test_a_client_may_choose_between_streams(accept: str, expected: Wire | None) -> None:
    assert preferred_stream({"accept": accept}) == expected


@pytest.mark.parametrize(("accept", "expected"), [("*/*", EVENTS), ("application/jsonlines", LINES)])
def test_a_client_that_reads_only_events_gets_them_unless_it_says_otherwise(accept: str, expected: Wire) -> None:
    headers = {"accept": accept, "user-agent": "unknown/None; hf_hub/2.4.0; python/3.11.7"}
    assert preferred_stream(headers) == expected


@pytest.mark.parametrize("preferred", [EVENTS, LINES])
def test_a_stream_has_the_format_that_the_client_prefers(preferred: Wire) -> None:
    assert stream_format(LINES, preferred) is text_format((None, "sse"), True, preferred, True) is preferred


@pytest.mark.parametrize("preferred", [EVENTS, LINES])
def test_no_client_gets_a_stream_by_preferring_one(preferred: Wire) -> None:
    assert stream_format(JSON, preferred) is text_format((None, None), False, preferred, True) is JSON
