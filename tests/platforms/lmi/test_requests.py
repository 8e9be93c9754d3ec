from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.request import Form, Request, Wire
from dragoman.platforms.lmi.generation.sampling import DOCUMENTED
from dragoman.platforms.lmi.options import Era
from dragoman.platforms.lmi.requests import read
from dragoman.settings.values import Value
from tests.generated import VALUES, objects
from tests.platforms.lmi.asking import options

Json = dict[str, Any]
ReadBy = Callable[..., Request]

GENERATES = frozenset(("generate",))
TALK = [{"role": "user", "content": "Hi"}]
GREEDY = {**DOCUMENTED, "temperature": 0.0}
SAMPLED = {**DOCUMENTED, "temperature": 1.0}
TOKENS = {"logprobs": 0, "return_token_ids": True}
COUNTED = {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}
EVENT_STREAM = {"accept": "text/event-stream"}
FORWARDED = {"x-amzn-sagemaker-forwarded-api": "InvokeEndpointWithResponseStream"}
ADAPTED = {"lora_modules": ({"name": "poet", "path": "/a"},)}


def requested(
    content: Json, headers: dict[str, str] | None = None, tasks: frozenset[str] = GENERATES, **changes: Value
) -> Request:
    return read(content, headers or {}, options(**changes), tasks)


def rolling(content: Json, headers: dict[str, str] | None = None, **changes: Value) -> Request:
    return requested(content, headers, rolling_batch="vllm", **changes)


@pytest.mark.parametrize(
    ("parameters", "documented", "newest"),
    [
        ({}, GREEDY, {}),
        ({"max_new_tokens": 5}, {**GREEDY, "max_tokens": 5}, {"max_tokens": 5}),
        ({"do_sample": True}, SAMPLED, {}),
        ({"do_sample": False, "temperature": 0.9}, GREEDY, {"temperature": 0.0}),
        ({"temperature": 0.9}, {**GREEDY, "temperature": 0.9}, {"temperature": 0.9}),
        ({"stop_sequences": ["a"]}, {**GREEDY, "stop": ["a"]}, {"stop": ["a"]}),
        ({"details": True}, {**GREEDY, **TOKENS}, TOKENS),
        ({"n": 2}, {**SAMPLED, **TOKENS, "n": 2}, {}),
        ({"n": 2, "details": True}, {**SAMPLED, **TOKENS, "n": 2}, {**TOKENS, "n": 2}),
        ({"best_of": 2}, {**SAMPLED, **TOKENS, "n": 2, "best_of": 2}, {"best_of": 2}),
        (
            {"num_beams": 2, "length_penalty": 0.5},
            {**GREEDY, **TOKENS, "n": 2, "best_of": 2, "use_beam_search": True, "length_penalty": 0.5},
            {"best_of": 2, "use_beam_search": True, "length_penalty": 0.5},
        ),
    ],
)
def test_a_text_is_a_completion_with_the_defaults_of_its_era(parameters: Json, documented: Json, newest: Json) -> None:
    content = {"inputs": "Hi", "parameters": parameters}
    base = {"model": "test", "prompt": "Hi", "max_tokens": 30}

    assert rolling(content).body == base | documented
    assert requested(content).body == base | newest


@pytest.mark.parametrize(
    ("content", "changes", "expected"),
    [
        ({}, {}, {}),
        ({"parameters": {"details": True}}, {}, {"details": True}),
        ({"parameters": {"details": True, "decoder_input_details": True}}, {}, {"details": True, "prefill": True}),
        ({"parameters": {"details": True, "top_n_tokens": 3}}, {}, {"details": True, "top_tokens": 3}),
        ({"parameters": {"details": True, "best_of": 3}}, {}, {"details": True, "sequences": 3}),
        ({"parameters": {"return_full_text": True}}, {}, {"full_text": True}),
        ({"parameters": {"seed": 7}}, {}, {"seed": 7}),
        ({"seed": 7}, {}, {"seed": 7}),
        ({"stream": True}, {}, {"wire": Wire.LINES}),
        ({"stream": "true"}, {}, {"wire": Wire.LINES}),
        ({"stream": None}, {}, {}),
        ({"parameters": {"stream": True}}, {}, {}),
        ({"parameters": {"output_formatter": "sse"}}, {}, {"wire": Wire.EVENTS}),
        ({}, {"output_formatter": "jsonlines"}, {"wire": Wire.LINES}),
        ({}, {"tgi_compat": True}, {"wrapped": True, "details": True}),
        ({"stream": True}, {"tgi_compat": True}, {"wrapped": True, "details": True, "wire": Wire.EVENTS}),
    ],
)
@pytest.mark.parametrize("read_by", [requested, rolling])
def test_a_request_says_how_its_answer_is_given(read_by: ReadBy, content: Json, changes: Json, expected: Json) -> None:
    request = read_by({"inputs": "Hi", **content}, **changes)

    how = {"path": "/v1/completions", "form": Form.GENERATED, "wire": Wire.JSON, "prompts": ("Hi",), **expected}
    assert request == Request(body=request.body, **how)


def test_a_stream_asks_for_what_its_details_tell() -> None:
    content = {"inputs": "Hi", "stream": True, "parameters": {"details": True}}
    base = {"model": "test", "prompt": "Hi", "max_tokens": 30, **TOKENS}

    assert requested(content).body == base | COUNTED
    assert rolling(content).body == base | GREEDY | {"stream": True}


@pytest.mark.parametrize(
    ("inputs", "prompts", "batched"),
    [
        (["Hi", "Bye"], ("Hi", "Bye"), True),
        ([5, 6], ([5, 6],), False),
        ([[5], [6]], ([5], [6]), True),
    ],
)
@pytest.mark.parametrize("read_by", [requested, rolling])
def test_a_list_of_inputs_is_answered_with_a_list(
    read_by: ReadBy, inputs: list[Any], prompts: tuple[Any, ...], batched: bool
) -> None:
    request = read_by({"inputs": inputs})

    assert (request.prompts, request.batched, request.body["prompt"]) == (prompts, batched, inputs)


@pytest.mark.parametrize(
    ("named", "changes", "model"),
    [
        (None, {}, "test"),
        ("lmi", {}, "lmi"),
        ("gpt-4", {}, "test"),
        (5, {}, "test"),
        ("poet", {}, "test"),
        ("poet", ADAPTED, "poet"),
    ],
)
@pytest.mark.parametrize("subject", [{"inputs": "Hi"}, {"prompt": "Hi"}, {"messages": TALK}])
def test_a_model_that_is_not_served_is_the_served_one(subject: Json, named: object, changes: Json, model: str) -> None:
    assert requested({**subject, "model": named}, **changes).body["model"] == model


@pytest.mark.parametrize("named", [{}, {"model": "theirs"}])
def test_the_names_of_a_remote_engine_are_its_own(named: Json) -> None:
    body = requested({"inputs": "Hi", **named}, served_model_name=()).body
    assert {name: body[name] for name in ("model",) if name in body} == named


@pytest.mark.parametrize(
    ("content", "path", "documented"),
    [
        ({"messages": TALK, "max_tokens": 5}, "/v1/chat/completions", Form.CHAT),
        ({"prompt": "Hi", "max_tokens": 5}, "/v1/completions", Form.OPENAI),
        ({"messages": TALK, "prompt": "Hi"}, "/v1/chat/completions", Form.CHAT),
        ({"messages": None, "prompt": "Hi"}, "/v1/completions", Form.OPENAI),
    ],
)
def test_openais_bodies_are_the_engines_business(content: Json, path: str, documented: Form) -> None:
    newest = requested(content)

    assert newest == Request(path=path, body={**content, "model": "test", "stream": False}, form=Form.OPENAI)
    assert rolling(content) == Request(path=path, body=newest.body, form=documented)


@pytest.mark.parametrize("read_by", [requested, rolling])
@pytest.mark.parametrize("subject", [{"messages": TALK}, {"prompt": "Hi"}])
@pytest.mark.parametrize(
    ("stream", "headers", "wire"),
    [
        (True, {}, Wire.LINES),
        ("yes", {}, Wire.LINES),
        (True, EVENT_STREAM, Wire.EVENTS),
        (False, EVENT_STREAM, Wire.JSON),
    ],
)
def test_a_stream_of_the_engines_comes_in_lines_or_events(
    read_by: ReadBy, subject: Json, stream: object, headers: dict[str, str], wire: Wire
) -> None:
    request = read_by({**subject, "stream": stream}, headers)

    assert (request.wire, request.body["stream"]) == (wire, wire is not Wire.JSON)


@pytest.mark.parametrize(
    ("headers", "wire", "streaming"),
    [({}, Wire.JSON, {}), (FORWARDED, Wire.LINES, COUNTED), (EVENT_STREAM, Wire.JSON, {})],
)
def test_bedrocks_schema_has_its_own_defaults(headers: dict[str, str], wire: Wire, streaming: Json) -> None:
    request = rolling({"prompt": "Hi", "max_gen_len": 5}, headers, bedrock_compat=True)

    sampled = {"max_tokens": 5, **DOCUMENTED, "temperature": 0.5, "top_p": 0.9}
    body = {"model": "test", "prompt": "Hi", **sampled, **streaming}
    path = "/v1/completions"
    assert request == Request(path=path, body=body, form=Form.BEDROCK, wire=wire, prompts=("Hi",))


def test_lmis_schema_stays_beside_bedrocks() -> None:
    assert requested({"inputs": "Hi"}, bedrock_compat=True).form is Form.GENERATED


@pytest.mark.parametrize(
    ("inputs", "prompts", "batched"), [("Hi", ("Hi",), False), (["Hi", "Bye"], ("Hi", "Bye"), True)]
)
@pytest.mark.parametrize("normalize", [True, False])
def test_a_model_that_embeds_gives_vectors(
    inputs: object, prompts: tuple[str, ...], batched: bool, normalize: bool
) -> None:
    request = requested({"inputs": inputs}, tasks=frozenset(("embed", "token_embed")), normalize=normalize)

    body = {"model": "test", "input": list(prompts), "use_activation": normalize}
    path = "/v1/embeddings"
    assert request == Request(path=path, body=body, form=Form.VECTORS, prompts=prompts, batched=batched)


def test_a_model_that_classifies_says_so_in_the_engines_words() -> None:
    request = requested({"inputs": "Hi"}, tasks=frozenset(("classify",)))

    assert (request.path, request.form, request.body) == ("/classify", Form.OPENAI, {"model": "test", "input": ["Hi"]})


@pytest.mark.parametrize(
    ("content", "changes", "says"),
    [
        ({}, {}, "invalid payload. must contain prompt, inputs, or messages"),
        ({"text": "Hi"}, {}, "must contain prompt, inputs, or messages"),
        ({"inputs": None}, {}, "must contain prompt, inputs, or messages"),
        ({"requestType": "NEW_SESSION"}, {}, "Stateful sessions are not enabled"),
        ({"inputs": ""}, {}, "inputs must be a string, a list of strings, or a list of token ids, and not empty"),
        ({"inputs": []}, {}, "not empty"),
        ({"inputs": 5}, {}, "inputs must be a string"),
        ({"inputs": "Hi", "parameters": []}, {}, "parameters must be an object, not this list"),
        ({"inputs": "Hi", "parameters": {"top_k": "x"}}, {}, "parameters.top_k must be an integer, not a string"),
        ({"inputs": "Hi", "stream": "maybe"}, {}, "stream must be true or false, not a string"),
        ({"messages": TALK, "stream": 5}, {}, "stream must be true or false, not this number"),
        ({"prompt": "Hi", "stream": []}, {}, "stream must be true or false"),
        ({"inputs": ["Hi", "Bye"], "stream": True}, {}, "A list of inputs cannot be streamed"),
        ({"inputs": ["Hi"]}, {"output_formatter": "jsonlines"}, "A list of inputs cannot be streamed"),
        ({"inputs": [5], "parameters": {"return_full_text": True}}, {}, "return_full_text needs inputs that are text"),
        ({"prompt": ["Hi"]}, {"bedrock_compat": True}, "prompt must be a string, not this list"),
        ({"prompt": "Hi", "top_p": "x"}, {"bedrock_compat": True}, "top_p must be a number, not a string"),
    ],
)
@pytest.mark.parametrize(
    ("era", "introduction"),
    [
        (Era.ROLLING, "Input Parsing failed. Ensure that the request payload is valid. "),
        (Era.ASYNC, "Input parsing failed: "),
    ],
)
def test_what_cannot_be_done_is_said_in_the_words_of_the_era(
    era: Era, introduction: str, content: Json, changes: Json, says: str
) -> None:
    with pytest.raises(HandlerError) as raised:
        requested(content, rolling_batch="vllm" if era is Era.ROLLING else "disable", **changes)

    assert raised.value.status == 424
    assert str(raised.value).startswith(introduction)
    assert says in str(raised.value)


def test_a_model_that_does_something_else_says_what() -> None:
    with pytest.raises(HandlerError, match=r"this one is for \['transcription'\]"):
        requested({"inputs": "Hi"}, tasks=frozenset(("transcription",)))


def test_where_nobody_knows_what_the_model_does_it_generates() -> None:
    assert requested({"inputs": "Hi"}, tasks=frozenset()).form is Form.GENERATED


FIELDS = (
    *("inputs", "parameters", "prompt", "messages", "stream", "model", "adapters", "text_inputs", "requestType"),
    *("anthropic_version", "max_tokens", "input", "texts", "dimensions", "truncate"),
)
PARAMETERS = (*DOCUMENTED, "max_new_tokens", "details", "return_full_text", "do_sample", "stop_sequences", "best_of")


@pytest.mark.parametrize("reads", [requested, rolling])
@given(
    content=objects(*FIELDS, of=VALUES | objects(*PARAMETERS)),
    headers=st.dictionaries(st.sampled_from([*EVENT_STREAM, *FORWARDED, "content-type"]), st.text()),
)
def test_nothing_but_a_handler_error_is_raised(reads: ReadBy, content: dict[str, Any], headers: dict[str, str]) -> None:
    with suppress(HandlerError):
        reads(content, headers)
