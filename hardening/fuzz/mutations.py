"""Requests that are in order but for one thing or two."""

import json
from typing import Any

from hypothesis import strategies as st

from hardening.fuzz.requests import JSON, Sent

Path = tuple[str | int, ...]
Draw = st.DrawFn

LONG = "long text " * 600
DEEP: Any = json.loads("[" * 60 + "]" * 60)
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, -(2**70), 0.5, -0.0, 1e308),
    *(
        float("nan"),
        float("inf"),
        "",
        " ",
        "\0",
        "\ud800",
        "é",
        "\U0001d518" * 300,
        LONG,
        "1",
        "true",
        "null",
        "../../etc/passwd",
    ),
    *(
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "{{ 7 * 7 }}",
        "%s%n",
        [],
        {},
        [None],
        [[]],
        [0] * 3000,
        {"": ""},
        DEEP,
    ),
]
EXTRA = [
    *("stream", "n", "best_of", "model", "messages", "prompt", "inputs", "logprobs", "stop", "max_tokens", "echo"),
    *("use_beam_search", "guided_json", "guided_regex", "response_format", "tools", "chat_template", "adapters"),
    *("stream_options", "logit_bias", "seed", "user", "__class__", "", "text_inputs", "details", "priority"),
]
TYPES = [
    *(
        JSON,
        "application/json; charset=utf-16",
        "application/jsonlines",
        "text/csv",
        "text/plain",
        "image/png",
        "",
        "/",
    ),
    *("application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=b", ";;;", "a" * 300),
]
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "TRACE", "PROPFIND"]
TARGETS = [
    "/",
    "//",
    "/../",
    "/%00",
    "/%ff",
    "/?",
    "?a=b&a=c",
    "?stream=true&stream=maybe",
    "/v1",
    ";a=b",
    "#",
    "%2e%2e",
]
HEADERS = [
    *("x-request-id", "accept", "authorization", "x-amzn-sagemaker-target-model", "x-synchronous", "cookie", "expect"),
    *("x-amzn-sagemaker-custom-attributes", "content-encoding", "x-forwarded-for", "traceparent", "range", "te"),
]
VALUES = [
    "",
    "a" * 4000,
    "gzip",
    "application/jsonlines",
    "text/event-stream",
    "*/*;q=nan",
    "Bearer ",
    "0",
    "\xff\xfe",
    "{}",
]


@st.composite
def mutated(draw: Draw, samples: tuple[Sent, ...]) -> Sent:
    """Draw one of the samples with one to three things changed."""
    sent = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 3))):
        change = draw(st.sampled_from((_field, _field, _field, _bytes, _type, _method, _target, _header)))
        sent = change(draw, sent)
    return sent


def _field(draw: Draw, sent: Sent) -> Sent:
    """Put something odd into JSON; other bodies get odd bytes."""
    try:
        content = json.loads(sent.body)
    except (ValueError, RecursionError):
        return _bytes(draw, sent)
    path = draw(st.sampled_from(sorted(_paths(content), key=str)))
    change = draw(st.sampled_from((_replaced, _replaced, _removed, _added)))
    return _with_body(sent, json.dumps(change(draw, content, path)).encode())


def _paths(content: Any, at: Path = ()) -> list[Path]:  # noqa: ANN401
    entries: Any = ()
    if len(at) < 6:
        entries = content.items() if isinstance(content, dict) else ()
        entries = enumerate(content[:3]) if isinstance(content, list) else entries
    return [at, *(path for key, value in entries for path in _paths(value, (*at, key)))]


def _replaced(draw: Draw, content: Any, path: Path) -> Any:  # noqa: ANN401
    if not path:
        return draw(st.sampled_from(ODD))
    _parent(content, path)[path[-1]] = draw(st.sampled_from(ODD))
    return content


def _removed(draw: Draw, content: Any, path: Path) -> Any:  # noqa: ANN401
    if path:
        del _parent(content, path)[path[-1]]
    return content


def _added(draw: Draw, content: Any, path: Path) -> Any:  # noqa: ANN401
    found = content
    for key in path:
        found = found[key]
    if isinstance(found, dict):
        found[draw(st.sampled_from(EXTRA))] = draw(st.sampled_from(ODD))
    elif isinstance(found, list):
        found.append(draw(st.sampled_from(ODD)))
    return content


def _parent(content: Any, path: Path) -> Any:  # noqa: ANN401
    for key in path[:-1]:
        content = content[key]
    return content


def _bytes(draw: Draw, sent: Sent) -> Sent:
    """Cut the body, or put bytes in."""
    body = sent.body
    at = draw(st.integers(0, len(body)))
    odd = st.binary(max_size=8) | st.sampled_from(
        (b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\r\n", b"[" * 5000, b"9" * 5000)
    )
    change = draw(st.sampled_from(("cut", "put", "put", "utf-16", "twice")))
    changed = {
        "cut": lambda: body[:at],
        "put": lambda: body[:at] + draw(odd) + body[at:],
        "utf-16": lambda: body.decode("latin-1").encode("utf-16"),
        "twice": lambda: body + body,
    }
    return _with_body(sent, bytes(changed[change]()))


def _type(draw: Draw, sent: Sent) -> Sent:
    return Sent(sent.method, sent.target, {**sent.headers, "content-type": draw(st.sampled_from(TYPES))}, sent.body)


def _method(draw: Draw, sent: Sent) -> Sent:
    return Sent(draw(st.sampled_from(METHODS)), sent.target, sent.headers, sent.body)


def _target(draw: Draw, sent: Sent) -> Sent:
    return Sent(sent.method, sent.target + draw(st.sampled_from(TARGETS)), sent.headers, sent.body)


def _header(draw: Draw, sent: Sent) -> Sent:
    added = {draw(st.sampled_from(HEADERS)): draw(st.sampled_from(VALUES))}
    return Sent(sent.method, sent.target, {**sent.headers, **added}, sent.body)


def _with_body(sent: Sent, body: bytes) -> Sent:
    return Sent(sent.method, sent.target, sent.headers, body)
