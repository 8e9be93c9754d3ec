"""Requests that have killed, hung or opened engines, or might: one row each, with what must become of it.

Whatever the answer is, the engine must be alive after each. `REFUSED` is an error of the client's that names the
parameter where there is one; `SERVED` is 200; `ANSWERED` is either, where that is the model's or vLLM's affair.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
RESPONSES = "/v1/responses"
MESSAGES = "/v1/messages"

REFUSED = frozenset((400, 413, 422))
SERVED = frozenset((200,))
ANSWERED = REFUSED | SERVED
MISSING = frozenset((404,))
# vLLM finds these out too late to say 400.
FAILED = ANSWERED | {500}

Json = Any


@dataclass(frozen=True)
class Input:
    """A hostile request.

    Args:
        name: what is wrong with it.
        path: the engine's route.
        make: makes its body.
        statuses: those that may come of it.
        param: the parameter that the refusal must name, where the worker itself refuses.
        method: the HTTP method.
        headers: its headers.
    """

    name: str
    path: str
    make: Callable[[], bytes]
    statuses: frozenset[int]
    param: str | None = None
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    def __str__(self) -> str:
        return self.name


def question(**fields: Json) -> Json:
    """A harmless chat with these fields."""
    return {"messages": [{"role": "user", "content": "Hi."}], "max_tokens": 3, "temperature": 0, **fields}


def completion(**fields: Json) -> Json:
    """A harmless completion with these fields."""
    return {"prompt": "Hi.", "max_tokens": 3, "temperature": 0, **fields}


def only(name: str, value: Json) -> Json:
    """One field, whatever its name."""
    return {name: value}


def many(name: str, count: int) -> Json:
    """So many fields."""
    return {f"{name}{index}": index for index in range(count)}


def encoded(content: Json) -> Callable[[], bytes]:
    """A maker of the content as JSON, NaN and lone surrogates included."""
    return lambda: json.dumps(content).encode()


def chat(name: str, statuses: frozenset[int], param: str | None = None, **fields: Json) -> Input:
    """A chat that is hostile in these fields."""
    return Input(f"chat: {name}", CHAT, encoded(question(**fields)), statuses, param)


def complete(name: str, statuses: frozenset[int], param: str | None = None, **fields: Json) -> Input:
    """A completion that is hostile in these fields."""
    return Input(f"completion: {name}", COMPLETIONS, encoded(completion(**fields)), statuses, param)


def raw(name: str, body: Callable[[], bytes], statuses: frozenset[int] = REFUSED, path: str = CHAT) -> Input:
    """A body that is hostile in its bytes."""
    return Input(f"bytes: {name}", path, body, statuses)


def nested(depth: int) -> bytes:
    """A chat in which some field is nested so deep."""
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    return json.dumps(question()).encode()[:-1] + b', "metadata": ' + deep + b"}"


def _bytes() -> Iterator[Input]:
    yield raw("nothing", lambda: b"")
    yield raw("not JSON", lambda: b"{")
    yield raw("JSON but no object", lambda: b"[1]")
    yield raw("a number of 5,000 digits", lambda: b'{"messages": [], "seed": ' + b"9" * 5000 + b"}")
    yield raw("invalid UTF-8", lambda: b'{"messages": [{"role": "user", "content": "\xff\xfe"}], "max_tokens": 3}')
    yield raw("UTF-16", lambda: json.dumps(question()).encode("utf-16"), ANSWERED)
    yield raw(
        "nul bytes", lambda: b'{"messages": [{"role": "user", "content": "\\u0000\\u0000"}], "max_tokens": 3}', SERVED
    )
    yield raw("65 levels", lambda: nested(65))
    yield raw("60 levels", lambda: nested(60), SERVED)
    yield raw("1,000 levels", lambda: nested(1000))
    yield raw("100,000 levels", lambda: nested(100_000))
    yield raw("100,000 open brackets", lambda: b"[" * 100_000)
    yield raw("a million empty lists", lambda: b'{"messages": [' + b"[]," * 1_000_000 + b"[]]}")
    yield raw(
        "duplicate keys",
        lambda: (
            b'{"messages": [], "n": 1, "n": 100000, "max_tokens": 1, "messages": [{"role": "user", "content": "a"}]}'
        ),
    )
    yield raw("40 MiB", lambda: json.dumps(question(user="a" * (40 * 2**20))).encode())
    lone = [{"role": "user", "content": "\ud800 and \udfff"}]
    yield chat("lone surrogates", ANSWERED, messages=lone)
    yield complete("lone surrogates", ANSWERED, prompt="\ud800")
    yield chat("lone surrogates in a stop word", ANSWERED, stop=["\ud800"])


def _sizes() -> Iterator[Input]:
    said = {"role": "user", "content": "a"}
    yield chat("4,097 messages", REFUSED, "messages", messages=[said] * 4097)
    yield chat("100,000 messages", REFUSED, "messages", messages=[said] * 100_000)
    yield Input("responses: 100,000 items", RESPONSES, encoded({"input": [said] * 100_000}), REFUSED, "input")
    many = {"messages": [said] * 100_000, "max_tokens": 3, "model": "m"}
    yield Input("messages: 100,000 messages", MESSAGES, encoded(many), REFUSED, "messages")
    batch = {"messages": [[said]] * 100_000, "max_tokens": 3}
    yield Input("batch: 100,000 chats", f"{CHAT}/batch", encoded(batch), REFUSED, "messages")
    yield complete("100,000 prompts", REFUSED, "prompt", prompt=["a"] * 100_000)
    yield complete("100 prompts 128 times each", REFUSED, "n", prompt=["a"] * 100, n=128, temperature=1)
    parts = [{"type": "text", "text": "a"}] * 50_000
    yield chat("a message of 50,000 parts", ANSWERED, messages=[{"role": "user", "content": parts}])
    yield chat("a text of 8 MiB", ANSWERED, messages=[{"role": "user", "content": "a b " * 2**21}])
    yield complete("a prompt of a million tokens", ANSWERED, prompt=[1] * 1_000_000)
    yield Input("tokenize: 8 MiB", "/tokenize", encoded({"prompt": "word " * 1_600_000}), ANSWERED)
    tokens = {"tokens": [1] * 1_000_000}
    yield Input("detokenize: a million tokens", "/detokenize", encoded(tokens), ANSWERED)


def _counts() -> Iterator[Input]:
    for n in (129, 1_000_000, 2**31, 2**63, 2**200):
        yield chat(f"n {n}", REFUSED, "n", n=n, temperature=1)
        yield complete(f"best_of {n}", REFUSED, "best_of", best_of=n, temperature=1)
    yield complete("a width of a million beams", REFUSED, "n", n=1_000_000, use_beam_search=True)
    for n in (0, -1):
        yield chat(f"n {n}", REFUSED, n=n)
    yield chat("n NaN", REFUSED, n=float("nan"))
    for count in (21, 100_000, 2**63):
        yield chat(f"top_logprobs {count}", REFUSED, "top_logprobs", logprobs=True, top_logprobs=count)
        yield complete(f"logprobs {count}", REFUSED, "logprobs", logprobs=count)
        yield complete(f"prompt_logprobs {count}", REFUSED, "prompt_logprobs", prompt_logprobs=count)
    for wrong in (-1, -2, float("nan"), float("inf")):
        yield complete(f"logprobs {wrong}", REFUSED, logprobs=wrong)
        yield chat(f"top_logprobs {wrong}", REFUSED, logprobs=True, top_logprobs=wrong)
        yield chat(f"prompt_logprobs {wrong}", REFUSED, prompt_logprobs=wrong)
    yield chat("logprob_token_ids out of the vocabulary", ANSWERED, logprobs=True, logprob_token_ids=[2**40])
    yield chat("100,000 logprob_token_ids", ANSWERED, logprobs=True, logprob_token_ids=list(range(100_000)))


def _sampling() -> Iterator[Input]:
    inf = float("inf")
    for name in ("temperature", "top_p", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty"):
        for value in (float("nan"), inf, -inf, -1e308, 1e308, 1e-300, -1e-300):
            yield chat(f"{name} {value}", ANSWERED, **only(name, value))
    for name in ("top_k", "max_tokens", "min_tokens", "seed", "priority", "truncate_prompt_tokens"):
        for value in (-1, -2, 0, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 2**200):
            yield complete(f"{name} {value}", ANSWERED, **only(name, value))
    yield chat("max_completion_tokens 2**63", ANSWERED, max_completion_tokens=2**63)
    yield chat("thinking_token_budget -5", ANSWERED, thinking_token_budget=-5)
    yield chat("thinking_token_budget 2**63", ANSWERED, thinking_token_budget=2**63)
    yield chat("length_penalty NaN", ANSWERED, length_penalty=float("nan"), use_beam_search=True, n=2)
    for pattern in ({"max_pattern_size": 2**31, "min_count": 2}, {"max_pattern_size": -1}, {"min_pattern_size": 2**40}):
        yield chat(f"repetition_detection {pattern}", ANSWERED, repetition_detection=pattern)


def _tokens() -> Iterator[Input]:
    for token in ("-1", "1000000", str(2**31), str(2**63), "a", "1.5"):
        yield chat(f"logit_bias of token {token}", ANSWERED, logit_bias={token: 1})
    for bias in (float("nan"), float("inf"), -float("inf"), 1e308):
        yield chat(f"logit_bias {bias}", ANSWERED, logit_bias={"5": bias})
    yield chat("logit_bias of 100,000 tokens", ANSWERED, logit_bias={str(token): 1 for token in range(100_000)})
    for tokens in ([], [-1], [10**6], [2**63], list(range(100_000))):
        shown = str(tokens[:3])
        yield chat(f"allowed_token_ids {shown}", ANSWERED, allowed_token_ids=tokens)
        yield chat(f"stop_token_ids {shown}", ANSWERED, stop_token_ids=tokens)
    prompts: list[Json] = [[], [-1], [10**6], [10**18], [2**31], [2**64], [[]], [[-5]], [[1], [-1]], [1.5], [None]]
    for prompt in (*prompts, [True]):
        yield complete(f"prompt {prompt}", ANSWERED, prompt=prompt)
    yield complete("no prompt", ANSWERED, prompt=None)
    yield complete("an empty prompt", ANSWERED, prompt="")
    yield chat("100,000 stop words", ANSWERED, stop=[f"stop{index}" for index in range(100_000)])
    yield chat("a stop word of a megabyte", ANSWERED, stop=["a" * 2**20])
    yield chat("an empty stop word", ANSWERED, stop=[""])
    yield chat("100,000 bad words", REFUSED, bad_words=[f"bad{index}" for index in range(100_000)])
    yield chat("an empty bad word", ANSWERED, bad_words=[""])
    pieces: list[Json] = [[-1], [10**9], [2**63], [2**200], ["a"]]
    for piece in pieces:
        yield Input(f"detokenize: {piece}", "/detokenize", encoded({"tokens": piece}), ANSWERED)


def _extras() -> Iterator[Input]:
    yield chat(
        "kv_transfer_params", ANSWERED, kv_transfer_params={"do_remote_prefill": True, "remote_host": "127.0.0.1"}
    )
    yield complete("kv_transfer_params", ANSWERED, kv_transfer_params={"do_remote_decode": True, "remote_port": -1})
    yield chat("ec_transfer_params", ANSWERED, ec_transfer_params={"a": 1})
    yield chat("vllm_xargs", ANSWERED, vllm_xargs={"a": 1, "kv_transfer_params": {"a": 1}, "b": [1.0, "x"]})
    yield chat("cache_salt of a megabyte", ANSWERED, cache_salt="a" * 2**20)
    yield chat("an empty cache_salt", ANSWERED, cache_salt="")
    yield chat("mm_processor_kwargs", ANSWERED, mm_processor_kwargs={"a": 1})
    yield chat("media_io_kwargs", ANSWERED, media_io_kwargs={"video": {"num_frames": 2**40}})
    yield chat("request_id with line ends", ANSWERED, request_id="a\r\nb: c\n" * 100)
    yield chat("request_id of a megabyte", ANSWERED, request_id="a" * 2**20)
    yield complete("echo without anything to generate", ANSWERED, echo=True, max_tokens=0, logprobs=1)
    yield complete("a suffix", ANSWERED, suffix="a")
    yield chat("stream_options without stream", ANSWERED, stream_options={"include_usage": True})
    yield chat("unknown fields", ANSWERED, **many("x", 10_000))
    yield chat("an unknown role", ANSWERED, messages=[{"role": "nobody", "content": "a"}])
    yield chat("no messages", ANSWERED, messages=[])
    yield chat("a message of null", ANSWERED, messages=[None])
    yield chat("a tool call without arguments", ANSWERED, messages=[{"role": "assistant", "tool_calls": [{}]}])
    yield chat("an assistant's prefix", ANSWERED, continue_final_message=True, add_generation_prompt=True)


def _templates() -> Iterator[Input]:
    loop = "{% for a in range(100000000) %}{% for b in range(100000000) %}x{% endfor %}{% endfor %}"
    for template in ("{{ messages }}", loop):
        yield chat(f"chat_template {template[:10]}", REFUSED, "chat_template", chat_template=template)
    nested_one = {"chat_template": loop}
    yield chat("chat_template in chat_template_kwargs", REFUSED, "chat_template", chat_template_kwargs=nested_one)
    yield chat("tokenize in chat_template_kwargs", ANSWERED, chat_template_kwargs={"tokenize": False})
    tokens = {**question(), "chat_template": loop}
    yield Input("tokenize: chat_template", "/tokenize", encoded(tokens), REFUSED, "chat_template")
    answers = {"input": "Hi.", "chat_template": loop, "max_output_tokens": 3}
    yield Input("responses: chat_template", RESPONSES, encoded(answers), ANSWERED)


def _tensors() -> Iterator[Input]:
    junk = base64.b64encode(b"PK\x03\x04" + b"\x00" * 100).decode()
    for value in (junk, "", "a", [junk] * 1000):
        yield complete(f"prompt_embeds {value[:1]!r:.5}", REFUSED, "prompt_embeds", prompt_embeds=value)
    for kind in ("prompt_embeds", "image_embeds", "audio_embeds", "video_embeds"):
        content = [{"type": kind, kind: junk, "data": junk}]
        yield chat(f"{kind} in a message", REFUSED, messages=[{"role": "user", "content": content}])


def _shapes() -> Iterator[Input]:
    """What shapes an answer: grammars, regular expressions, schemas, tools."""
    regexes = {
        "nested repeats": "((((a{1,1000}){1,1000}){1,1000}){1,1000})",
        "a huge repeat": "a{1,1000000}",
        "a huge least": "a{1000000,}",
        "catastrophic": "(a+)+(a+)+(a+)+(a+)+$",
        "open": "(((((((((((",
        "look-ahead": "(?=a)b",
        "a back reference": r"(a)\1",
        "many alternatives": "|".join(f"word{index}" for index in range(5_000)),
        "deep groups": "(" * 5_000 + "a" + ")" * 5_000,
        "classes of all": r"[\s\S]{0,5000}" * 5,
        "empty": "",
        "a megabyte": "a" * 2**20,
        "a lone surrogate": "\ud800",
        "nul": "\x00",
    }
    for name, regex in regexes.items():
        yield chat(f"regex: {name}", ANSWERED, structured_outputs={"regex": regex})
        yield chat(f"pattern: {name}", ANSWERED, response_format=_format({"type": "string", "pattern": regex}))
    schemas: dict[str, Json] = {
        "a loop of references": {"$ref": "#"},
        "a loop of two": {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        "recursion": {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        "a remote reference": {"$ref": "http://127.0.0.1:1/schema.json"},
        "a file": {"$ref": "file:///etc/passwd"},
        "a pointer to nothing": {"$ref": "#/$defs/none"},
        "5,000 properties": {
            "type": "object",
            "properties": {f"p{index}": {"type": "string"} for index in range(5_000)},
        },
        "a huge maxLength": {"type": "string", "maxLength": 2**31, "minLength": 2**30},
        "a large maxLength": {"type": "string", "maxLength": 1_000_000, "minLength": 900_000},
        "a huge minItems": {"type": "array", "minItems": 2**40},
        "a large minItems": {"type": "array", "items": {"type": "array", "minItems": 10_000}, "minItems": 10_000},
        "a huge range": {"type": "integer", "minimum": -(10**300), "maximum": 10**300},
        "a range of NaN": {"type": "number", "minimum": float("nan")},
        "an enum of 10,000": {"enum": [f"value {index}" for index in range(10_000)]},
        "an unknown type": {"type": "cat"},
        "a type that is a number": {"type": 5},
        "a schema of false": False,
        "a schema of null": None,
        "a list": [1],
        "exponential anyOf": _exponential(18),
        "60 levels deep": _deep(20),
        "a property of surrogates": {"type": "object", "properties": {"\ud800": {}}, "required": ["\ud800"]},
        "a format": {"type": "string", "format": "regex"},
        "uniqueItems": {"type": "array", "uniqueItems": True, "maxItems": 2**31},
    }
    for name, schema in schemas.items():
        statuses = FAILED if name in ENDLESS else ANSWERED
        yield chat(f"schema: {name}", statuses, response_format=_format(schema))
        yield chat(f"json: {name}", statuses, structured_outputs={"json": schema})
        tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
        chosen = {"type": "function", "function": {"name": "f"}}
        yield chat(f"tool: {name}", statuses, tools=[tool], tool_choice=chosen)
    grammars = {
        "left recursion": 'root ::= root "a"',
        "endless": "root ::= root",
        "ambiguous": 'root ::= a a a a a a\na ::= "" | "x" a | a a',
        "no root": 'start ::= "a"',
        "deep": "root ::= " + "(" * 10_000 + '"a"' + ")" * 10_000,
        "a huge repeat": 'root ::= "a"{1,1000000000}',
        "nested repeats": 'root ::= (("a"{1,10000}){1,10000}){1,10000}',
        "many rules": "root ::= r0\n"
        + "\n".join(f'r{index} ::= "a" r{index + 1}' for index in range(3_000))
        + '\nr3000 ::= "a"',
        "rubbish": "\x00\x01 ::= [",
        "lark": 'start: "a"~1..1000000',
        "empty": "",
        "a megabyte": 'root ::= "' + "a" * 2**20 + '"',
    }
    for name, grammar in grammars.items():
        yield chat(f"grammar: {name}", FAILED if name in ENDLESS else ANSWERED, structured_outputs={"grammar": grammar})
    for name, choice in {
        "none": [],
        "empty": [""],
        "10,000": [f"choice {index}" for index in range(10_000)],
        "of a megabyte": ["a" * 2**20],
        "quotes": ['"\\'],
        "surrogates": ["\ud800"],
    }.items():
        yield chat(f"choice: {name}", ANSWERED, structured_outputs={"choice": choice})
    yield chat("two constraints", ANSWERED, structured_outputs={"regex": "a", "choice": ["b"]})
    yield chat("no constraint", ANSWERED, structured_outputs={})
    yield chat("structural_tag: rubbish", ANSWERED, structured_outputs={"structural_tag": "{"})
    tag = {
        "type": "structural_tag",
        "structures": [{"begin": "", "schema": {"$ref": "#"}, "end": ""}],
        "triggers": [""],
    }
    yield chat("structural_tag: empty trigger", ANSWERED, structured_outputs={"structural_tag": json.dumps(tag)})
    yield chat("response_format structural_tag", ANSWERED, response_format=tag)
    yield chat("response_format unknown", ANSWERED, response_format={"type": "cat"})
    yield chat("response_format json_schema without schema", ANSWERED, response_format={"type": "json_schema"})
    tools = [{"type": "function", "function": {"name": f"f{index}"}} for index in range(5_000)]
    yield chat("5,000 tools, one required", ANSWERED, tools=tools, tool_choice="required")
    yield chat("a tool_choice of nothing", ANSWERED, tool_choice={"type": "function", "function": {"name": "f"}})
    yield complete("guided_regex", ANSWERED, guided_regex="((a{1,1000}){1,1000}){1,1000}")


ENDLESS = ("left recursion", "endless", "a large minItems")


def _format(schema: Json) -> Json:
    return {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}


def _exponential(levels: int) -> Json:
    definitions: Json = {f"l{levels}": {"const": "x"}}
    for level in range(levels):
        below = {"$ref": f"#/$defs/l{level + 1}"}
        definitions[f"l{level}"] = {"type": "object", "properties": {"a": {"anyOf": [below, below]}, "b": below}}
    return {"$defs": definitions, "$ref": "#/$defs/l0"}


def _deep(levels: int) -> Json:
    schema: Json = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


PRIVATE = (
    "http://127.0.0.1/a.png",
    "http://localhost/a.png",
    "http://LOCALHOST./a.png",
    "http://2130706433/a.png",
    "http://0177.0.0.1/a.png",
    "http://0x7f000001/a.png",
    "http://0x7f.1/a.png",
    "http://127.1/a.png",
    "http://0/a.png",
    "http://[::1]/a.png",
    "http://[::]/a.png",
    "http://[::ffff:127.0.0.1]/a.png",
    "http://[::ffff:7f00:1]/a.png",
    "http://[64:ff9b::7f00:1]/a.png",
    "http://[2002:7f00:1::]/a.png",
    "http://[fe80::1%25eth0]/a.png",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254./latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://10.0.0.1/a.png",
    "http://172.16.0.1/a.png",
    "http://192.168.1.1/a.png",
    "http://100.64.0.1/a.png",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/latest/",
    "http://224.0.0.1/a.png",
    "http://255.255.255.255/a.png",
    "http://240.0.0.1/a.png",
    "http://user:password@127.0.0.1/a.png",
    "http://example.com@127.0.0.1/a.png",
    "http://127.0.0.1:80\\@example.com/a.png",
    "http://127.0.0.1#@example.com/a.png",
    "http:\\\\127.0.0.1\\a.png",
    "http:/127.0.0.1/a.png",
    "HTTP://127.0.0.1/a.png",
    " http://127.0.0.1/a.png",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/a.png",
    "http://\uff11\uff12\uff17\u30020.0.1/a.png",
    "http://127\u3002\u0030\u30020\u30021/a.png",
    "http://127.0.0.1%00.example.com/a.png",
    "http://metadata.google.internal/computeMetadata/v1/",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "ftp://127.0.0.1/a.png",
    "gopher://127.0.0.1:6379/_",
    "//127.0.0.1/a.png",
    "/etc/passwd",
    "http://",
    "http://[",
)


def _media() -> Iterator[Input]:
    for url in PRIVATE:
        content = [{"type": "image_url", "image_url": {"url": url}}]
        yield chat(f"image at {url!r}", REFUSED, "image_url", messages=[{"role": "user", "content": content}])
    url = PRIVATE[0]
    parts: dict[str, Json] = {
        "audio_url": {"type": "audio_url", "audio_url": {"url": url}},
        "video_url": {"type": "video_url", "video_url": {"url": url}},
        "image_url": {"image_url": url},
    }
    for param, part in parts.items():
        yield chat(f"{param} at {url}", REFUSED, param, messages=[{"role": "user", "content": [part]}])
    said = [{"role": "user", "content": [{"type": "input_image", "image_url": url, "detail": "auto"}]}]
    yield Input("responses: input_image", RESPONSES, encoded({"input": said}), REFUSED, "image_url")
    shown = [{"type": "image", "source": {"type": "url", "url": url}}]
    asked = {"model": "m", "max_tokens": 3, "messages": [{"role": "user", "content": shown}]}
    yield Input("messages: image source", MESSAGES, encoded(asked), REFUSED, "source")
    tokens = {"messages": [{"role": "user", "content": [parts["image_url"]]}]}
    yield Input("tokenize: image_url", "/tokenize", encoded(tokens), REFUSED, "image_url")


def _routes() -> Iterator[Input]:
    for path in ("/scale_elastic_ep", "/is_scaling_elastic_ep", "/sleep", "/wake_up", "/collective_rpc", "/pause"):
        yield Input(f"route: {path}", path, lambda: b"{}", MISSING)
    for path in ("/reset_prefix_cache", "/reset_mm_cache", "/start_profile", "/stop_profile", "/update_weights"):
        yield Input(f"route: {path}", path, lambda: b"{}", MISSING)
    for path in ("/server_info", "/is_sleeping", "/is_paused", "/get_world_size"):
        yield Input(f"route: {path}", path, lambda: b"", MISSING, method="GET")
    lora = encoded({"lora_name": "a", "lora_path": "/etc"})
    for path in ("/v1/load_lora_adapter", "/v1/unload_lora_adapter", "/adapters"):
        yield Input(f"route: {path}", path, lora, MISSING)


INPUTS: tuple[Input, ...] = (
    *_bytes(),
    *_sizes(),
    *_counts(),
    *_sampling(),
    *_tokens(),
    *_extras(),
    *_templates(),
    *_tensors(),
    *_shapes(),
    *_media(),
    *_routes(),
)
