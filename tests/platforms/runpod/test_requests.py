from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from dragoman.platforms.runpod.jobs.batches import Sizes
from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.sampling import DEFAULTS
from dragoman.platforms.runpod.requests import Form, Request, read
from dragoman.settings.values import Value
from tests.generated import VALUES, objects
from tests.platforms.runpod.jobs.scripted import options

TALK = [{"role": "user", "content": "Hi"}]
PICTURE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]
SAMPLED = {**DEFAULTS, "max_tokens": 16}


def requested(given: object, **changes: Value) -> Request:
    return read({"id": "j", "input": given}, options(**changes))


@pytest.mark.parametrize(
    ("given", "method", "target", "body"),
    [
        ({"openai_input": {"messages": TALK}}, "POST", "/v1/chat/completions", {"messages": TALK, "model": "m"}),
        ({"openai_route": "/v1/completions", "openai_input": {"prompt": "x"}}, *("POST", "/v1/completions"), None),
        ({"openai_route": "/v1/models"}, "GET", "/v1/models", None),
        ({"openai_route": "/v1/models", "openai_input": None}, "GET", "/v1/models", None),
        ({"openai_route": "/v1/models", "openai_input": {}}, "GET", "/v1/models", None),
        ({"openai_route": "/v1/responses/resp_1", "openai_input": {}}, "GET", "/v1/responses/resp_1", None),
        ({"openai_route": "/v1/responses/resp_1?stream=true"}, "GET", "/v1/responses/resp_1?stream=true", None),
        ({"openai_route": "/v1/responses/resp_1/cancel"}, "POST", "/v1/responses/resp_1/cancel", {}),
        ({"openai_route": "/v1/embeddings"}, "POST", "/v1/embeddings", {"model": "m"}),
        ({"openai_route": "/v1/messages", "prompt": "x"}, "POST", "/v1/messages", {"model": "m"}),
        (
            {"route": "/v1/completions", "body": {"prompt": "x"}},
            "POST",
            "/v1/completions",
            {"prompt": "x", "model": "m"},
        ),
        ({"route": "/tokenize", "body": {"prompt": "x"}, "method": "post"}, "POST", "/tokenize", None),
        ({"route": "/v1/models"}, "GET", "/v1/models", None),
        ({"route": "/v1/models", "body": {"a": 1}, "method": "GET"}, "GET", "/v1/models", None),
        ({"route": "/v1/chat/completions", "method": "POST"}, "POST", "/v1/chat/completions", {"model": "m"}),
        ({"route": "/v1/models", "openai_route": "/tokenize", "openai_input": {}}, "POST", "/tokenize", {"model": "m"}),
        ({"route": "/v1/models", "openai_input": {}}, "GET", "/v1/models", None),
    ],
)
def test_openai_and_routed_jobs_reach_the_engine_as_they_are(
    given: object, method: str, target: str, body: object
) -> None:
    request = requested(given)
    query = b"?" + request.query if request.query else b""
    assert (request.method, request.path.encode() + query) == (method, target.encode())
    assert body is None or request.body == body
    assert (request.form, request.sizes) == (Form.OPENAI, Sizes(1, 50, 3))


@pytest.mark.parametrize("named", [None, "", "absent"])
def test_a_body_without_a_model_gets_the_first_served_one(named: str | None) -> None:
    body = {} if named == "absent" else {"model": named}
    request = requested({"openai_input": {"messages": TALK, **body}}, served_models=("first", "second"))
    assert request.body == {"messages": TALK, "model": "first"}


def test_a_body_with_a_model_keeps_it_right_or_wrong() -> None:
    assert requested({"openai_input": {"messages": TALK, "model": "nope"}}).body == {"messages": TALK, "model": "nope"}


def test_where_no_served_model_is_known_the_engine_is_to_choose() -> None:
    assert requested({"openai_input": {"messages": TALK}}, served_models=()).body == {"messages": TALK}


@pytest.mark.parametrize(("stream", "streams"), [(True, True), (False, False), ("true", False), (None, False)])
def test_an_openai_job_streams_where_its_body_says_true(stream: object, streams: bool) -> None:
    assert requested({"openai_input": {"messages": TALK, "stream": stream}}).streams is streams


@pytest.mark.parametrize(
    ("given", "code", "kind", "says"),
    [
        (None, 400, "BadRequestError", "input must be an object, not null"),
        ("hi", 400, "BadRequestError", "input must be an object, not a string"),
        (["hi"], 400, "BadRequestError", "input must be an object"),
        ({}, 400, "BadRequestError", "no prompt and no messages"),
        ({"prompt": None, "messages": None}, 400, "BadRequestError", "no prompt and no messages"),
        ({"prompt": 5}, 400, "BadRequestError", "prompt must be a string"),
        ({"messages": {"role": "user"}}, 400, "BadRequestError", "messages must be a list of messages, not an object"),
        ({"openai_route": "/v1/nope"}, 404, "NotFoundError", "/v1/nope"),
        ({"openai_route": 5}, 400, "BadRequestError", "openai_route must be a string"),
        ({"openai_input": "hi"}, 400, "BadRequestError", "openai_input must be an object, not a string"),
        ({"openai_route": "/v1/completions", "openai_input": []}, 400, "BadRequestError", "openai_input must be"),
        ({"route": "/v1/nope"}, 404, "NotFoundError", "/v1/nope"),
        ({"route": "/v1/completions"}, 405, "MethodNotAllowedError", "/v1/completions is for POST only"),
        ({"route": "/v1/models", "body": {"a": 1}}, 405, "MethodNotAllowedError", "/v1/models is for GET only"),
        ({"route": "/tokenize", "method": "DELETE"}, 405, "MethodNotAllowedError", "for POST only"),
        ({"route": "/tokenize", "method": 1}, 400, "BadRequestError", "method must be a string"),
        ({"route": "/tokenize", "body": "x"}, 400, "BadRequestError", "body must be an object"),
        ({"prompt": "x", "stream": "maybe"}, 400, "BadRequestError", "stream must be true or false, not a string"),
        ({"prompt": "x", "apply_chat_template": []}, 400, "BadRequestError", "apply_chat_template"),
        ({"prompt": "x", "use_openai_format": "maybe"}, 400, "BadRequestError", "use_openai_format"),
        ({"prompt": "x", "sampling_params": [1]}, 400, "BadRequestError", "sampling_params must be an object"),
        ({"prompt": "x", "max_batch_size": "many"}, 400, "BadRequestError", "max_batch_size must be a number"),
        ({"prompt": "x", "max_batch_size": "inf"}, 400, "BadRequestError", "max_batch_size must be a number"),
        ({"prompt": "x", "max_batch_size": -1}, 400, "BadRequestError", "max_batch_size"),
        ({"prompt": "x", "min_batch_size": True}, 400, "BadRequestError", "min_batch_size must be a number"),
        ({"prompt": "x", "batch_size_growth_factor": [3]}, 400, "BadRequestError", "batch_size_growth_factor"),
        ({"prompt": "x", "batch_size": [9]}, 400, "BadRequestError", "batch_size must be a number"),
    ],
)
def test_what_cannot_be_done_is_said(given: object, code: int, kind: str, says: str) -> None:
    with pytest.raises(JobError) as raised:
        requested(given)
    assert (raised.value.body["code"], raised.value.body["type"]) == (code, kind)
    assert says in str(raised.value)


def test_a_job_without_input_is_said_to_have_none() -> None:
    with pytest.raises(JobError, match="input must be an object, not null"):
        read({"id": "j"}, options())


@pytest.mark.parametrize(
    ("given", "path", "subject"),
    [
        ({"prompt": "x"}, "/v1/completions", {"prompt": "x"}),
        ({"prompt": TALK}, "/v1/chat/completions", {"messages": TALK}),
        ({"messages": TALK}, "/v1/chat/completions", {"messages": TALK}),
        ({"messages": TALK, "prompt": "x"}, "/v1/chat/completions", {"messages": TALK}),
        ({"messages": None, "prompt": "x"}, "/v1/completions", {"prompt": "x"}),
        ({"messages": "x"}, "/v1/completions", {"prompt": "x"}),
        ({"prompt": "Hi", "apply_chat_template": True}, "/v1/chat/completions", {"messages": TALK}),
        ({"prompt": "Hi", "apply_chat_template": 0}, "/v1/completions", {"prompt": "Hi"}),
        ({"prompt": [5, 6]}, "/v1/completions", {"prompt": [5, 6]}),
        ({"prompt": []}, "/v1/chat/completions", {"messages": []}),
    ],
)
def test_a_standard_job_is_a_completion_or_a_chat_with_documented_sampling(
    given: object, path: str, subject: dict[str, Any]
) -> None:
    request = requested(given)
    assert (request.path, request.form, request.limited) == (path, Form.TOKENS, True)
    assert request.body == {"model": "m", **subject, **SAMPLED}


@pytest.mark.parametrize(
    ("stream", "streams"), [(True, True), (1, True), ("true", True), ("yes", True), ("False", False), ("", False)]
)
def test_a_standard_job_may_say_in_words_whether_it_streams(stream: object, streams: bool) -> None:
    assert requested({"prompt": "x", "stream": stream}).streams is streams


def test_a_standard_stream_asks_for_the_usage_in_every_chunk() -> None:
    request = requested({"prompt": "x", "stream": True})
    usage = {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}
    assert request.body == {"model": "m", "prompt": "x", **SAMPLED, **usage}


@pytest.mark.parametrize("params", [{"best_of": 3}, {"use_beam_search": True, "n": 2}])
def test_what_the_engine_makes_whole_is_asked_for_whole(params: dict[str, Any]) -> None:
    request = requested({"prompt": "x", "stream": True, "sampling_params": params})
    assert request.body == {"model": "m", "prompt": "x", **SAMPLED, **params}


def test_unknown_sampling_parameters_are_left_out_and_named() -> None:
    request = requested({"prompt": "x", "sampling_params": {"foo": 1, "stream": True, "max_tokens": 5}})
    assert request.body == {"model": "m", "prompt": "x", **SAMPLED, "max_tokens": 5}
    assert (request.unknown, request.limited) == (("foo", "stream"), False)


@pytest.mark.parametrize(
    ("fields", "sizes"),
    [
        ({}, Sizes(1, 50, 3)),
        ({"min_batch_size": 5, "batch_size_growth_factor": 2, "max_batch_size": 20}, Sizes(5, 20, 2)),
        ({"min_batch_size": 0, "batch_size_growth_factor": None, "max_batch_size": 0}, Sizes(1, 50, 3)),
        ({"batch_size_growth_factor": 1.5}, Sizes(1, 50, 1.5)),
        ({"min_batch_size": "2", "batch_size_growth_factor": "1.5", "max_batch_size": "8"}, Sizes(2, 8, 1.5)),
        ({"min_batch_size": "0", "max_batch_size": ""}, Sizes(1, 50, 3)),
        ({"batch_size": 30}, Sizes(30, 30, 1)),
        ({"batch_size": 0}, Sizes(1, 50, 3)),
    ],
)
@pytest.mark.parametrize("dialect", [{}, {"use_openai_format": True}])
def test_batch_sizes_are_the_jobs_or_else_the_operators(
    dialect: dict[str, Any], fields: dict[str, Any], sizes: Sizes
) -> None:
    assert requested({"prompt": "x", **dialect, **fields}).sizes == sizes


@pytest.mark.parametrize(("stream", "streams"), [({}, False), ({"stream": True}, True)])
def test_openai_output_of_a_standard_job_spreads_all_of_its_sampling(stream: dict[str, Any], streams: bool) -> None:
    given = {"messages": TALK, "sampling_params": {"logprobs": 2, "foo": 1, "model": "other"}, **stream}
    request = requested(given, standard_output="openai")
    spread = {**SAMPLED, "logprobs": True, "top_logprobs": 2, "foo": 1}
    assert request.body == {**spread, "model": "m", "messages": TALK, "stream": streams}
    assert (request.form, request.path) == (Form.OPENAI, "/v1/chat/completions")


def test_openai_output_of_a_prompt_is_a_completion() -> None:
    request = requested({"prompt": "x", "sampling_params": {"logprobs": 2}}, standard_output="openai")
    assert request.body == {**SAMPLED, "logprobs": 2, "model": "m", "prompt": "x", "stream": False}


@pytest.mark.parametrize("subject", [{"messages": TALK}, {"prompt": "Hi"}])
def test_use_openai_format_is_a_chat(subject: dict[str, Any]) -> None:
    request = requested({"use_openai_format": True, "stream": True, "sampling_params": {"top_k": 3}, **subject})
    assert request.body == {**SAMPLED, "top_k": 3, "model": "m", "messages": TALK, "stream": True}
    assert (request.form, request.path) == (Form.CHUNKS, "/v1/chat/completions")


def test_use_openai_format_can_be_switched_off() -> None:
    with pytest.raises(JobError, match="ALLOW_OPENAI_FORMAT"):
        requested({"use_openai_format": True, "messages": TALK}, allow_openai_format=False)


def test_with_a_reasoning_parser_a_conversation_becomes_a_completion_of_its_tokens() -> None:
    request = requested({"messages": TALK, "stream": True}, reasoning_parser="qwen3")
    assert (request.path, request.conversation) == ("/v1/completions", TALK)
    asks = request.tokenization
    assert (asks.path, asks.body) == ("/tokenize", {"model": "m", "messages": TALK, "add_generation_prompt": True})
    ready = request.with_prompt([1, 2])
    assert ready.conversation is None
    assert ready.body is not None
    assert (ready.body["prompt"], ready.body["add_special_tokens"], ready.body["stream"]) == ([1, 2], False, True)
    assert "messages" not in ready.body


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({"messages": PICTURE}, {}),
        ({"messages": TALK}, {"standard_output": "openai"}),
        ({"messages": TALK, "use_openai_format": True}, {}),
        ({"messages": ["Hi"]}, {}),
    ],
)
def test_a_conversation_stays_a_chat_where_the_text_is_not_all_there_is(given: object, changes: dict[str, Any]) -> None:
    assert requested(given, reasoning_parser="qwen3", **changes).path == "/v1/chat/completions"


def test_text_in_parts_is_text() -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, {"role": "assistant", "content": None}]
    assert requested({"messages": messages}, reasoning_parser="qwen3").conversation == messages


FIELDS = (
    *("prompt", "messages", "sampling_params", "stream", "apply_chat_template", "use_openai_format"),
    *("batch_size", "min_batch_size", "max_batch_size", "batch_size_growth_factor"),
    *("openai_route", "openai_input", "route", "method", "body"),
)
SAMPLING = (*DEFAULTS, "max_tokens", "best_of", "use_beam_search", "logprobs", "stop_token_ids", "guided_json")


@given(VALUES | objects(*FIELDS, of=VALUES | objects(*SAMPLING)))
def test_nothing_but_a_job_error_is_raised(given: object) -> None:
    with suppress(JobError):
        requested(given)
