import json

import pytest

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.client import Client
from dragoman.engine.guard import guarded
from dragoman.engine.guard.application import checked
from dragoman.serving.entrance.limits import Limits
from dragoman.settings.values import Value
from tests.engines import FakeEngine
from tests.hostile.inputs import CHAT, COMPLETIONS, INPUTS, MISSING, RESPONSES, SERVED, Input, completion, question

pytestmark = pytest.mark.anyio

NAMED = [hostile for hostile in INPUTS if hostile.param and hostile.statuses is not MISSING]
HARMLESS = [hostile for hostile in INPUTS if hostile.statuses is SERVED]
SAID = {"role": "user", "content": "Hi."}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
TENSOR = {"type": "image_embeds", "image_embeds": "AAAA"}


def refusal(content: Value, path: str = CHAT, limits: Limits = Limits()) -> str | None:  # noqa: B008
    """The parameter for which a request is refused; None where it passes."""
    try:
        checked(json.dumps(content).encode(), path, limits)
    except BadRequestError as error:
        return error.param or str(error)
    return None


@pytest.mark.parametrize("hostile", NAMED, ids=str)
def test_what_would_harm_is_refused_by_name(hostile: Input) -> None:
    with pytest.raises(BadRequestError) as refused:
        checked(hostile.make(), hostile.path, Limits())
    assert (refused.value.param, refused.value.status) == (hostile.param, 400)


@pytest.mark.parametrize("hostile", HARMLESS, ids=str)
def test_what_only_looks_so_passes(hostile: Input) -> None:
    assert checked(hostile.make(), hostile.path, Limits())


@pytest.mark.parametrize(
    ("limits", "content", "path", "named"),
    [
        (Limits(max_messages=2), {"messages": [SAID] * 3}, CHAT, "messages"),
        (Limits(max_messages=2), {"messages": [[SAID], [SAID] * 3]}, f"{CHAT}/batch", "messages"),
        (Limits(max_messages=2), {"input": [SAID] * 3}, RESPONSES, "input"),
        (Limits(max_sequences=2), {"input": ["a"] * 3}, "/v1/embeddings", "input"),
        (Limits(max_sequences=2), {"query": "q", "documents": ["a"] * 3}, "/rerank", "documents"),
        (Limits(max_sequences=2), completion(prompt=[[1], [2], [3]]), COMPLETIONS, "prompt"),
        (Limits(max_sequences=5), completion(prompt=["a", "b"], n=3), COMPLETIONS, "n"),
        (Limits(max_sequences=5), completion(prompt=["a", "b"], best_of="3"), COMPLETIONS, "best_of"),
        (Limits(max_n=3), question(n="4"), CHAT, "n"),
        (Limits(max_n=3), question(n=4.0), CHAT, "n"),
        (Limits(max_n=3), {"token_ids": [1], "sampling_params": {"n": 4}}, "/inference/v1/generate", "n"),
        (Limits(max_logprobs=3), question(top_logprobs=4), CHAT, "top_logprobs"),
        (Limits(max_logprobs=0), question(logprobs=True, top_logprobs=1), CHAT, "top_logprobs"),
        (Limits(max_grammar_size=9), question(structured_outputs={"regex": "a" * 10}), CHAT, "structured_outputs"),
        (Limits(max_grammar_size=9), question(guided_regex="(a{4}){3}"), CHAT, "guided_regex"),
        (
            Limits(max_grammar_size=40),
            question(guided_grammar='root ::= "[" ("a" "b"){50} "]"'),
            CHAT,
            "guided_grammar",
        ),
        (Limits(), {"token_ids": [1], "sampling_params": {"stop": ["."] * 1025}}, "/inference/v1/generate", "stop"),
        (Limits(), {"token_ids": [1], "sampling_params": {"stop": "\ud800"}}, "/inference/v1/generate", "stop"),
        (Limits(max_grammar_size=9), question(tools=[{"a": "b" * 9}], tool_choice="required"), CHAT, "tools"),
        (Limits(max_grammar_size=30), question(tools=[{"function": {"strict": True}}]), CHAT, "tools"),
    ],
)
def test_each_limit_is_what_the_operator_chose(limits: Limits, content: Value, path: str, named: str) -> None:
    assert refusal(content, path, limits) == named


@pytest.mark.parametrize(
    ("limits", "content", "path"),
    [
        (Limits(max_messages=2), {"messages": [SAID] * 2}, CHAT),
        (Limits(max_sequences=2), completion(prompt=[1] * 1000, n=2), COMPLETIONS),
        (Limits(max_sequences=2), {"messages": [SAID] * 2}, CHAT),
        (Limits(max_json_values=20), completion(prompt=[[1] * 1000]), COMPLETIONS),
        (Limits(max_logprobs=3), question(logprobs=True, top_logprobs=3), CHAT),
        (Limits(max_logprobs=-1), question(top_logprobs=1000, prompt_logprobs=-1), CHAT),
        (Limits(), question(n=None, logprobs=None, stop=None), CHAT),
        (Limits(), question(messages=[{"role": "user", "content": [IMAGE]}]), CHAT),
        (Limits(), question(tools=[{"function": {"parameters": {"example": {"image_url": "a.png"}}}}]), CHAT),
        (Limits(max_grammar_size=9), question(tools=[{"a": "b" * 9}], tool_choice="auto"), CHAT),
        (Limits(trust_request_chat_template=True), question(chat_template="{{ messages }}"), CHAT),
        (Limits(enable_prompt_embeds=True), completion(prompt_embeds="AAAA"), COMPLETIONS),
        (Limits(enable_mm_embeds=True), question(messages=[{"role": "user", "content": [TENSOR]}]), CHAT),
        (Limits(), question(stop=["."] * 1024), CHAT),
    ],
)
def test_what_is_within_the_limits_passes(limits: Limits, content: Value, path: str) -> None:
    assert refusal(content, path, limits) is None


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"input": [1] * 30}, RESPONSES),
        ({"messages": [{"role": "user", "content": [1] * 30}]}, CHAT),
        (completion(prompt=[None] * 30), COMPLETIONS),
        (completion(prompt=[True] * 30), COMPLETIONS),
    ],
)
def test_tokens_are_only_where_they_belong(content: Value, path: str) -> None:
    assert "values (max_json_values)" in str(refusal(content, path, Limits(max_json_values=20)))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "a{2000}"},
        {"type": "string", "pattern": "a\0"},
        {"patternProperties": {"(a{900}){2}": {}, "b{900}": {}}},
        {"type": "array", "minItems": 2**40},
        {"minProperties": 100, "properties": {str(number): {} for number in range(400)}},
        {"$ref": "#"},
    ],
)
def test_schemas_that_take_too_long_or_never_end_to_compile(schema: Value) -> None:
    assert refusal(question(structured_outputs={"json": schema})) == "structured_outputs"
    assert refusal(question(structured_outputs={"json": json.dumps(schema)})) == "structured_outputs"
    format_ = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    assert refusal(question(response_format=format_)) == "response_format"
    assert refusal({"input": "a", "text": {"format": {"type": "json_schema", "schema": schema}}}, RESPONSES) == "text"
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    assert refusal(question(tools=tools, tool_choice="required")) == "tools"
    assert refusal(question(tools=tools)) is None


@pytest.mark.parametrize("field", ["stop", "bad_words"])
def test_words_to_look_for(field: str) -> None:
    assert refusal(question(**{field: ["a"] * 1025})) == field
    assert refusal(question(**{field: "\ud800"})) == field


def test_nesting_is_counted_from_the_request_itself() -> None:
    assert refusal({"a": [[]]}, limits=Limits(max_json_depth=3)) is None
    assert "more than 2 levels deep" in str(refusal({"a": [[]]}, limits=Limits(max_json_depth=2)))


def test_a_body_from_within_the_worker_is_no_larger_either() -> None:
    with pytest.raises(BadRequestError, match="more than 2 bytes") as refused:
        checked(b"{ }", CHAT, Limits(max_body_size=2))
    assert refused.value.status == 413


def test_commas_are_counted_before_anything_is_read() -> None:
    with pytest.raises(BadRequestError, match="more than 2097152 commas"):
        checked(b"[" + b"," * (2**21 + 1), CHAT, Limits())


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"5"])
def test_the_engine_says_what_is_wrong_with_a_body_that_is_none(body: bytes) -> None:
    assert checked(body, CHAT, Limits()) is None


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b'{"a": "\xff"}', b'{"a": ' + b"9" * 5000 + b"}"])
def test_one_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError, match=r"^The request's body cannot be read"):
        checked(body, CHAT, Limits())


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine({CHAT: (200, "answer")})


async def test_a_refusal_is_vllms_error(engine: FakeEngine) -> None:
    status, answer = await Client(guarded(engine, Limits()).app).post(CHAT, question(n=129))
    error = {"message": "n must be at most 128 (max_n).", "type": "BadRequestError", "param": "n", "code": 400}
    assert (status, json.loads(answer), engine.seen) == (400, {"error": error}, [])


@pytest.mark.parametrize("size", [1, 2**20 + 1])
async def test_what_passes_comes_to_the_engine_as_it_was(engine: FakeEngine, size: int) -> None:
    content = question(user="a" * size)
    assert await Client(guarded(engine, Limits()).app).post(CHAT, content) == (200, b"answer")
    [(request, body)] = engine.seen
    assert (json.loads(body), request.scope["dragoman.content"]) == (content, content)


async def test_forms_and_other_methods_pass_unread(engine: FakeEngine) -> None:
    form = ((b"content-type", b"multipart/form-data; boundary=x"),)
    client = Client(guarded(engine, Limits(max_body_size=1)).app)
    for method, headers in (("POST", form), ("GET", ())):
        async with client.stream(method, CHAT, headers=headers, body=b"long") as response:
            assert response.status == 200
    assert len(engine.seen) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"structured_outputs": {"regex": "(" * 300}},
        {"response_format": {"type": "json_schema"}},
        {"tools": [{"type": "function"}]},
        {"model": "m" * 300},
    ],
)
async def test_an_error_that_may_repeat_the_request_is_short(fields: dict[str, Value]) -> None:
    engine = FakeEngine({CHAT: (400, json.dumps({"error": {"message": "(" * 300}}))})
    _, answer = await Client(guarded(engine, Limits()).app).post(CHAT, question(**fields))
    assert len(answer) < 300


async def test_an_error_about_anything_else_is_as_it_was() -> None:
    error = json.dumps({"error": {"message": "(" * 300}})
    engine = FakeEngine({CHAT: (400, error)})
    assert await Client(guarded(engine, Limits()).app).post(CHAT, question()) == (400, error.encode())


@pytest.mark.parametrize(
    "format_",
    [
        {"type": "regex", "pattern": "a{2000}"},
        {"type": "grammar", "grammar": 'root ::= "a" {2000}'},
        {"type": "json_schema", "json_schema": {"type": "array", "minItems": 2**40}},
    ],
)
def test_what_is_in_a_structural_tag_is_looked_at_too(format_: Value) -> None:
    tag = {"type": "structural_tag", "format": {"type": "tag", "begin": "a", "content": format_, "end": "b"}}
    assert refusal(question(structured_outputs={"structural_tag": json.dumps(tag)})) == "structured_outputs"
    assert refusal(question(response_format=tag)) == "response_format"


@pytest.mark.parametrize(
    ("kinds", "reaches"),
    [
        ([b"application/json"], False),
        ([], False),
        ([b"application/json", b"multipart/form-data; boundary=a"], False),
        ([b"application/x-www-form-urlencoded+json"], False),
        ([b"multipart/form-data; boundary=a"], True),
        ([b"Application/X-WWW-Form-Urlencoded"], True),
    ],
)
async def test_only_what_the_engine_reads_as_a_form_is_not_looked_at(kinds: list[bytes], reaches: bool) -> None:
    engine = FakeEngine({CHAT: (200, "{}")})
    headers = [(b"content-type", kind) for kind in kinds]
    body = json.dumps(question(chat_template="{{ messages }}")).encode()
    async with Client(guarded(engine, Limits()).app).stream("POST", CHAT, headers=headers, body=body) as response:
        assert response.status == (200 if reaches else 400)
    assert bool(engine.seen) is reaches


async def test_an_error_that_names_a_key_at_length_loses_its_middle() -> None:
    key = "a" * 5000
    error = json.dumps({"error": {"message": "wrong", "type": "t", "param": f"body.logit_bias.{key}", "code": 400}})
    client = Client(guarded(FakeEngine({CHAT: (400, error)}), Limits()).app)
    told = (await client.post(CHAT, question(logit_bias={key: "x"})))[1]
    assert len(told) < 400
    assert b"body.logit_bias." in told
