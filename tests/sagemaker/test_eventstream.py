import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sagemaker import eventstream


def decoded(stream: bytes, size: int) -> list[tuple[dict[str, str], bytes]]:
    """What botocore's own decoder makes of a stream that comes in pieces of a size."""
    buffer, found = EventStreamBuffer(), []
    for start in range(0, len(stream), size):
        buffer.add_data(stream[start : start + size])
        found += [(event.headers, event.payload) for event in buffer]
    return found


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1)), st.integers(min_value=1, max_value=100))
def test_botocore_reads_the_payloads(payloads: list[bytes], size: int) -> None:
    stream = b"".join(map(eventstream.payload_part, payloads))
    assert [payload for _, payload in decoded(stream, size)] == payloads


@pytest.mark.parametrize("kind", ["ModelStreamError", "InternalStreamFailure"])
def test_an_exception_is_named(kind: str) -> None:
    stream = eventstream.exception(kind, Message="it broke")
    assert decoded(stream, 7) == [
        (
            {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"},
            b'{"Message": "it broke"}',
        )
    ]
