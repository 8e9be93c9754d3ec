"""The requests that DRUM and Dragoman are both sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

BOUNDARY = "gooseberry"
CSV = {"Content-Type": "text/csv"}
JSON = {"Content-Type": "application/json"}
ADD = b"What is 2 + 3?"
ROWS = b"promptText\nWhat is 2 + 3?\nHello\nSay: one two three\n"
MESSAGES = [{"role": "user", "content": "Say: one two three"}]
TOO_LONG = "word " * 2000
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@dataclass(frozen=True)
class Case:
    """A request.

    Attributes:
        name: what it is about, unlike that of every other case.
        method: of HTTP.
        path: below the URL prefix, with its query.
        headers: beside those that the client adds.
        content: the body.
    """

    name: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def get(path: str, name: str = "") -> Case:
    return Case(name or f"GET {path}", "GET", path)


def predict(name: str, content: bytes, path: str = "/predict/", headers: Mapping[str, str] = CSV) -> Case:
    return Case(f"predict: {name}", "POST", path, headers, content)


def upload(name: str, content: bytes, *, part: str, filename: str | None) -> Case:
    """A prediction whose rows come as a part of a form."""
    place = f'name="{part}"' + (f'; filename="{filename}"' if filename else "")
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {place}\r\n\r\n"
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return predict(name, body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def chat(name: str, path: str = "/v1/chat/completions", **fields: object) -> Case:
    body = {"messages": MESSAGES, "max_tokens": 12, **fields}
    return Case(f"chat: {name}", "POST", path, JSON, json.dumps(body).encode())


def raw_chat(name: str, content: bytes, headers: Mapping[str, str] = JSON) -> Case:
    return Case(f"chat: {name}", "POST", "/v1/chat/completions", headers, content)


def direct(name: str, path: str, method: str = "POST", **fields: object) -> Case:
    content = json.dumps(fields).encode() if fields else b""
    return Case(f"direct: {name}", method, path, JSON if fields else {}, content)


LOADING = [
    get("/ping/"),
    get("/health/"),
    get("/info/"),
    predict("rows", ROWS),
    chat("a completion"),
    get("/v1/models"),
    direct("a route of the engine", "/directAccess/v1/models", "GET"),
]
"""Sent while the engine loads."""

PROBES = [
    *map(get, ["/", "/ping", "/ping/", "/health", "/health/", "/info", "/info/"]),
    *map(get, ["/capabilities", "/capabilities/", "/stats", "/stats/"]),
    get("/nowhere"),
    get("/metrics"),
    get("/predict/"),
    Case("POST /ping/", "POST", "/ping/"),
    Case("HEAD /ping/", "HEAD", "/ping/"),
    Case("a request id", "GET", "/ping/", {"X-Request-ID": "request-7"}),
]

PREDICTIONS = [
    predict("rows", ROWS),
    predict("rows at /predict", ROWS, "/predict"),
    predict("rows at /predictions/", ROWS, "/predictions/"),
    predict("rows at /predictions", ROWS, "/predictions"),
    predict("rows at /invocations", ROWS, "/invocations"),
    predict("rows at /invocations/", ROWS, "/invocations/"),
    predict("rows without a content type", ROWS, headers={}),
    predict("rows as plain text", ROWS, headers={"Content-Type": "text/plain"}),
    predict("rows with a charset", ROWS, headers={"Content-Type": "text/csv; charset=utf-8"}),
    predict("rows with another charset", ROWS, headers={"Content-Type": "text/csv; charset=latin-1"}),
    predict("rows in capitals", ROWS, headers={"Content-Type": "TEXT/CSV"}),
    predict("rows as a form", ROWS, headers={"Content-Type": "application/x-www-form-urlencoded"}),
    predict("rows as bytes", ROWS, headers={"Content-Type": "application/octet-stream"}),
    predict("rows as a matrix", ROWS, headers={"Content-Type": "text/mtx"}),
    predict("JSON", b'[{"promptText": "Hello"}]', headers=JSON),
    upload("an uploaded file", ROWS, part="X", filename="in.csv"),
    upload("an uploaded file of another kind", ROWS, part="X", filename="in.txt"),
    upload("an uploaded matrix", ROWS, part="X", filename="in.mtx"),
    upload("an uploaded file by another name", ROWS, part="Y", filename="in.csv"),
    upload("a field without a file", ROWS, part="X", filename=None),
    predict("nothing", b""),
    predict("a header only", b"promptText\n"),
    predict("a header without a line end", b"promptText"),
    predict("no line end", b"promptText\n" + ADD),
    predict("lines of Windows", b"promptText\r\n" + ADD + b"\r\nHello\r\n"),
    predict("blank lines", b"promptText\n\n" + ADD + b"\n\nHello\n\n"),
    predict("a blank first line", b"\npromptText\n" + ADD + b"\n"),
    predict("other columns", b"id,promptText,note\n1,What is 2 + 3?,x\n2,Hello,y\n"),
    predict("a quoted cell", b'promptText\n"Say: one, two, three"\n'),
    predict("a quoted line end", b'promptText\n"Say: one\ntwo"\n'),
    predict("quotes in quotes", b'promptText\n"Say: ""one"""\n'),
    predict("an open quote", b'promptText\n"Say: one two\n'),
    predict("a quoted header", b'"promptText"\n' + ADD + b"\n"),
    predict("a short row", b"id,promptText\n1\n"),
    predict("a long row", b"promptText\nHello,there\n"),
    predict("an empty cell", b"id,promptText\n1,\n"),
    predict("the column twice", b"promptText,promptText\nHello,What is 2 + 3?\n"),
    predict("a number", b"promptText\n42\n"),
    predict("other letters", "promptText\nSay: grün €\n".encode()),
    predict("no UTF-8", b"promptText\nSay: gr\xfcn\n"),
    predict("a byte order mark", b"\xef\xbb\xbfpromptText\n" + ADD + b"\n"),
    predict("no such column", b"wrong\nHello\n"),
    predict("a column in capitals", b"PROMPTTEXT\nHello\n"),
    predict("a column with a blank", b" promptText\nHello\n"),
    predict("semicolons", b"id;promptText\n1;Hello\n"),
    predict("a row too long for the model", f"promptText\nHello\n{TOO_LONG}\n".encode()),
    predict("a query", ROWS, "/predict/?some=thing"),
    predict("unstructured", b"anything", "/predictUnstructured/"),
    predict("unstructured, no slash", b"anything", "/predictUnstructured"),
    predict("unstructured predictions", b"anything", "/predictionsUnstructured/"),
    predict("transform", ROWS, "/transform/"),
    predict("transform, no slash", ROWS, "/transform"),
]

CHATS = [
    chat("a completion"),
    chat("a completion at /chat/completions", "/chat/completions"),
    chat("a trailing slash", "/v1/chat/completions/"),
    chat("the served model", model="datarobot-deployed-llm"),
    chat("no model's name", model=""),
    chat("a null model", model=None),
    chat("another model", model="bogus"),
    chat("two choices", n=2, temperature=0.001),
    chat("two choices of a greedy engine", n=2),
    chat("a tool", tools=[TOOL], tool_choice="none"),
    chat("a tool that the engine has no parser for", tools=[TOOL]),
    chat("a JSON object", response_format={"type": "json_object"}),
    chat("stop words", stop=["two"]),
    chat("a user", user="somebody", seed=7, metadata={"a": "b"}),
    chat("log probabilities", logprobs=True, top_logprobs=2),
    chat("a field of vLLM's", structured_outputs={"choice": ["left", "right"]}),
    chat("an unknown field", some_field=1),
    chat("an association id", datarobot_association_id="a1"),
    chat("an association id that is a number", datarobot_association_id=7),
    chat("an empty association id", datarobot_association_id=""),
    chat("a stream", stream=True),
    chat("a stream with its usage", stream=True, stream_options={"include_usage": True}),
    chat("a stream of two choices", stream=True, n=2, temperature=0.001),
    chat("a stream of two choices of a greedy engine", stream=True, n=2),
    chat("a stream with an association id", stream=True, datarobot_association_id="a1"),
    chat("a stream from another model", stream=True, model="bogus"),
    chat("a wrong temperature", temperature=-1),
    chat("a temperature in words", temperature="warm"),
    chat("too long a prompt", messages=[{"role": "user", "content": TOO_LONG}]),
    chat("no messages", messages=[]),
    chat("messages that are none", messages="Hello"),
    raw_chat("no messages at all", b'{"max_tokens": 5}'),
    raw_chat("nothing", b""),
    raw_chat("no JSON", b"{"),
    raw_chat("a list", b"[1]"),
    raw_chat("plain text", b'{"messages": []}', {"Content-Type": "text/plain"}),
    raw_chat("no content type", b'{"messages": []}', {}),
    raw_chat(
        "JSON of a kind",
        b'{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}',
        {"Content-Type": "application/vnd.some+json"},
    ),
    get("/v1/chat/completions"),
]

MODELS = [
    *map(get, ["/models", "/v1/models", "/models/", "/v1/models/"]),
    get("/v1/models/datarobot-deployed-llm"),
    Case("POST /v1/models", "POST", "/v1/models", JSON, b"{}"),
]

DIRECT = [
    direct("a list", "/directAccess/v1/models", "GET"),
    direct("a list at /nim", "/nim/v1/models", "GET"),
    direct("a trailing slash", "/directAccess/v1/models/", "GET"),
    direct("no path", "/directAccess/", "GET"),
    direct("no path and no slash", "/directAccess", "GET"),
    direct("no such route", "/directAccess/nowhere", "GET"),
    direct("the engine's health", "/directAccess/health", "GET"),
    direct("the engine's version", "/directAccess/version", "GET"),
    direct("a completion", "/directAccess/v1/completions", prompt="one two", max_tokens=3),
    direct("a completion at /nim", "/nim/v1/completions", prompt="one two", max_tokens=3),
    direct("a completion put", "/directAccess/v1/completions", "PUT", prompt="one two", max_tokens=3),
    direct("a deletion", "/directAccess/v1/models", "DELETE"),
    direct("tokens", "/directAccess/tokenize", prompt="one two"),
    direct("a stream", "/directAccess/v1/completions", prompt="one two", max_tokens=5, stream=True),
    direct("another model", "/directAccess/v1/chat/completions", model="bogus", messages=MESSAGES),
    direct("a query", "/directAccess/v1/models?some=thing", "GET"),
]

PLAIN = [*PROBES, *PREDICTIONS, *CHATS, *MODELS, *DIRECT]
"""Sent to a server without any runtime parameter."""

CONFIGURED = [
    *map(get, ["/", "/ping/", "/info/", "/v1/models"]),
    predict("rows", b"question\nWhat is 2 + 3?\nHello\n"),
    predict("rows at /invocations", b"question\nWhat is 2 + 3?\n", "/invocations"),
    predict("the column's name of another server", ROWS),
    predict("a header only", b"question\n"),
    chat("a completion", "/chat/completions"),
    chat("the default name of a model", model="datarobot-deployed-llm"),
    chat("the served model", model="tiny"),
    direct("a list", "/directAccess/v1/models", "GET"),
]
"""Sent below a URL prefix to a server with the runtime parameters of the suite."""
