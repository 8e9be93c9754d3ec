"""The dialects, and for each: its routes, requests that are in order, and how it says what is not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import yaml

from hardening.engine import MODEL
from hardening.fuzz import forms
from hardening.fuzz.requests import Got, Sent

SCHEMAS = Path(__file__).parent / "schemas"
SAID = [{"role": "user", "content": "Hi."}]
CHAT: dict[str, Any] = {"model": MODEL, "messages": SAID, "max_tokens": 3, "temperature": 0}
PROMPT: dict[str, Any] = {"model": MODEL, "prompt": "Hi.", "max_tokens": 3, "temperature": 0}
PARAMETERS = {"max_new_tokens": 3, "details": True, "stop": ["x"], "do_sample": False}
LMI: dict[str, Any] = {"inputs": "Hi.", "parameters": PARAMETERS}
SAMPLING = {"max_tokens": 3, "temperature": 0, "n": 1}
CSV = b'promptText,extra\nHi.,1\n"a\nb",2\n'
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="X"; filename="X.csv"\r\nContent-Type: text/csv\r\n\r\n'
    + CSV
    + b"\r\n--b--\r\n"
)
DR_CHAT = {**CHAT, "model": "datarobot-deployed-llm"}
OPENAI_JOB = {"openai_route": "/v1/chat/completions", "openai_input": CHAT}


@dataclass(frozen=True)
class Dialect:
    """A dialect."""

    name: str
    platform: str
    schema: str
    """A file of `SCHEMAS`: an OpenAPI document."""
    samples: tuple[Sent, ...]
    says_error: Callable[[Got], bool]
    probe: str
    """A path whose answer to GET is 200 as long as all is well."""
    faults: frozenset[int] = frozenset()
    """Statuses from 500 on with which its platform tells clients of their own mistakes."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What sets the worker up to speak it."""

    def document(self) -> dict[str, Any]:
        """Read the OpenAPI document."""
        text = (SCHEMAS / self.schema).read_bytes()
        document: dict[str, Any] = orjson.loads(text) if self.schema.endswith("json") else yaml.safe_load(text)
        return document


def _posted(target: str, kind: str, body: bytes) -> Sent:
    return Sent("POST", target, {"content-type": kind}, body)


def _jobs(target: str) -> tuple[Sent, ...]:
    inputs = (
        {"prompt": "Hi.", "sampling_params": SAMPLING, "stream": True, "batch_size": 2},
        {"messages": SAID, "sampling_params": SAMPLING, "use_openai_format": True},
        OPENAI_JOB,
        {**OPENAI_JOB, "openai_input": {**CHAT, "stream": True}},
        {"route": "/v1/completions", "method": "POST", "body": PROMPT},
    )
    policy = {"executionTimeout": 30_000, "ttl": 60_000, "lowPriority": False}
    return tuple(Sent.json(target, {"input": each, "policy": policy}) for each in inputs)


PLAIN = Dialect(
    "plain",
    "plain",
    "plain.json",
    (
        Sent.json("/v1/chat/completions", {**CHAT, "n": 2, "best_of": 3, "guided_choice": ["a", "b"]}),
        Sent.json("/v1/chat/completions", {**CHAT, "stream": True, "stream_options": {"include_usage": True}}),
        Sent.json("/v1/completions", {**PROMPT, "logprobs": 2, "echo": True, "use_beam_search": True, "n": 2}),
        Sent.json("/v1/completions", {**PROMPT, "prompt": [[1, 2], [3]], "stream": True}),
        Sent.json("/tokenize", {"model": MODEL, "messages": SAID}),
        Sent.json("/detokenize", {"model": MODEL, "tokens": [1, 2, 3]}),
        Sent("GET", "/v1/models"),
        Sent("GET", "/metrics"),
    ),
    forms.openai,
    "/health",
)
LMI_NEWEST = Dialect(
    "lmi",
    "lmi",
    "lmi.yaml",
    (
        Sent.json("/invocations", LMI),
        Sent.json("/invocations", {**LMI, "stream": True}),
        Sent.json("/invocations", {**LMI, "inputs": ["Hi.", "You."]}),
        Sent.json("/predictions/model", CHAT),
        _posted("/invocations", "application/jsonlines", orjson.dumps(LMI) + b"\n" + orjson.dumps(LMI)),
        _posted("/invocations", "text/csv", b"inputs,max_new_tokens\nHi.,3\nYou.,2\n"),
        _posted("/invocations", "text/plain", b"Hi."),
        _posted("/invocations", "application/x-www-form-urlencoded", b"inputs=Hi.&parameters=%7B%7D"),
        Sent.json("/v1/chat/completions", {**CHAT, "stream": True}),
        Sent.json("/adapters", {"name": "a", "src": "/nowhere"}),
        Sent("GET", "/models?limit=1&next_page_token=0"),
    ),
    forms.lmi,
    "/ping",
)
LMI_ROLLING = replace(LMI_NEWEST, name="lmi, rolling batch", variables={"OPTION_ROLLING_BATCH": "vllm"})
DATAROBOT = Dialect(
    "datarobot",
    "datarobot",
    "datarobot.yaml",
    (
        _posted("/predict/", "text/csv; charset=utf-8", CSV),
        _posted("/predictions/", "text/csv", CSV),
        _posted("/predict/", "multipart/form-data; boundary=b", FORM),
        Sent.json("/chat/completions", DR_CHAT),
        Sent.json("/v1/chat/completions", {**DR_CHAT, "stream": True}),
        Sent.json("/directAccess/v1/completions", PROMPT),
        Sent.json("/predictUnstructured/", {"a": 1}),
        Sent("GET", "/info/"),
    ),
    forms.datarobot,
    "/health/",
    # DRUM's status for a CSV that cannot be read, and for a route that is not the model's.
    frozenset((500,)),
)
RUNPOD = Dialect(
    "runpod",
    "runpod",
    "runpod.yaml",
    (
        *_jobs("/v2/harden/runsync"),
        *_jobs("/v2/harden/run"),
        Sent.json("/v2/harden/openai/v1/chat/completions", CHAT),
        Sent.json("/v2/harden/openai/v1/chat/completions", {**CHAT, "stream": True}),
        Sent("GET", "/v2/harden/requests?limit=3&before=9&status=COMPLETED"),
    ),
    forms.gateway,
    "/v2/harden/health",
)
DIALECTS = (PLAIN, LMI_NEWEST, LMI_ROLLING, DATAROBOT, RUNPOD)
