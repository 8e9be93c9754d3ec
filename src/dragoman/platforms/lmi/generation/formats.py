"""How an answer travels."""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.platforms.lmi.generation.request import Wire

HUGGING_FACE = "hf_hub/"
STREAMS = (Wire.LINES.value, Wire.EVENTS.value)

# The output formatters of DJL Serving that are no schema of their own.
FORMATTERS: Mapping[str | None, Wire] = MappingProxyType(
    {
        "json": Wire.JSON,
        "json_chat": Wire.JSON,
        "jsonlines": Wire.LINES,
        "jsonlines_chat": Wire.LINES,
        "sse": Wire.EVENTS,
        "sse_chat": Wire.EVENTS,
    }
)


def text_format(formatters: tuple[str | None, ...], streams: bool, preferred: Wire | None, tgi_compat: bool) -> Wire:
    """The format of a text: that of the first formatter that there is, else a stream where one is asked for.

    Args:
        formatters: the names of those that the request and the operator want, the request's first.
        streams: whether the request asks for a stream.
        preferred: the format for streams that the client would rather have.
        tgi_compat: whether streams are server-sent events unless something else is said.
    """
    named = next((FORMATTERS[name] for name in formatters if name in FORMATTERS), None)
    if named is None and streams:
        named = Wire.EVENTS if tgi_compat else Wire.LINES
    return stream_format(named or Wire.JSON, preferred)


def stream_format(default: Wire, preferred: Wire | None) -> Wire:
    """The format, or another one for a stream that the client would rather have."""
    return default if default is Wire.JSON else preferred or default


def preferred_stream(headers: Mapping[str, str]) -> Wire | None:
    """The first format for streams in a request's Accept header.

    huggingface_hub's clients name none and read nothing but server-sent events.
    """
    kinds = (kind.partition(";")[0].strip().lower() for kind in headers.get("accept", "").split(","))
    accepted = next((Wire(kind) for kind in kinds if kind in STREAMS), None)
    return accepted or (Wire.EVENTS if HUGGING_FACE in headers.get("user-agent", "") else None)
