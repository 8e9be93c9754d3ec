"""Fields that vLLM has dropped, as clients of older vLLM send them."""

import json
import math
import re
import time
from collections.abc import Iterable

import openai
import pytest
from openai.types import Completion, CompletionChoice
from openai.types.chat import ChatCompletionChunk

from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import Worker, eventually

STORY = [user("Tell me a story")]
SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer"}},
    "required": ["age"],
    "additionalProperties": False,
}
ENDLESS = {"ignore_eos": True, "min_tokens": 3000}
TOKENS = "vllm:generation_tokens_total"
# Nobody asked the model anything, so that it says something else each time.
PROMPTS = ["Once upon a time", "The blue"]


def likelihood(choice: CompletionChoice) -> float:
    assert choice.logprobs is not None
    return math.fsum(logprob or 0 for logprob in choice.logprobs.token_logprobs or ())


def sampled(client: openai.OpenAI, n: int) -> list[CompletionChoice]:
    """All sequences for one prompt, the likeliest first."""
    completion = client.completions.create(
        model=MODEL, prompt=PROMPTS[0], n=n, seed=7, temperature=1, max_tokens=8, logprobs=0
    )
    return sorted(completion.choices, key=likelihood, reverse=True)


def rests(worker: Worker) -> bool:
    """Whether no token is generated; a beam search is a new request for every token of every beam."""
    tokens = worker.metric(TOKENS)
    time.sleep(0.2)
    return worker.metric("vllm:num_requests_running") == 0 and worker.metric(TOKENS) == tokens


def content(chunks: Iterable[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def assert_constrained(constraint: str, text: str) -> None:
    match constraint:
        case "guided_json":
            assert json.loads(text).keys() == {"age"}
        case "guided_json_object":
            assert isinstance(json.loads(text), dict)
        case "guided_regex":
            assert re.fullmatch("[0-9]{3}-[a-c]", text)
        case _:
            assert text in ("red", "blue")


GUIDED = [
    {"guided_json": SCHEMA},
    {"guided_json": json.dumps(SCHEMA), "guided_whitespace_pattern": " ?", "guided_decoding_backend": "outlines"},
    {"guided_json_object": True},
    {"guided_regex": "[0-9]{3}-[a-c]"},
    {"guided_choice": ["red", "blue"]},
    {"guided_grammar": 'root ::= "red" | "blue"'},
]


@pytest.mark.parametrize("n", [1, 2])
def test_best_of_returns_the_likeliest_sequences(client: openai.OpenAI, n: int) -> None:
    completion = client.completions.create(
        model=MODEL, prompt=PROMPTS[0], n=n, best_of=4, seed=7, temperature=1, max_tokens=8
    )

    assert [choice.text for choice in completion.choices] == [choice.text for choice in sampled(client, 4)[:n]]
    assert [choice.logprobs for choice in completion.choices] == [None] * n


def test_best_of_streams_the_likeliest_sequence(client: openai.OpenAI) -> None:
    stream = client.completions.create(
        model=MODEL,
        prompt=PROMPTS[0],
        best_of=4,
        seed=7,
        temperature=1,
        max_tokens=8,
        stream=True,
        stream_options={"include_usage": True},
    )

    chunks = list(stream)

    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == sampled(client, 4)[0].text
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 32


def test_best_of_counts_the_tokens_of_all_sequences(client: openai.OpenAI) -> None:
    completion = client.completions.create(
        model=MODEL, prompt="Hi", best_of=4, temperature=1, max_tokens=8, extra_body={"ignore_eos": True}
    )

    assert completion.usage is not None
    assert completion.usage.completion_tokens == 32


@pytest.mark.parametrize("echo", [False, True])
def test_best_of_works_for_each_prompt(client: openai.OpenAI, echo: bool) -> None:
    completion = client.completions.create(
        model=MODEL, prompt=PROMPTS, n=2, best_of=3, temperature=1, max_tokens=4, echo=echo
    )

    starts = [prompt if echo else "" for prompt in PROMPTS for _ in range(2)]
    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    assert [choice.text.startswith(start) for choice, start in zip(completion.choices, starts, strict=True)] == [
        True
    ] * 4


def test_best_of_with_token_ids_and_log_probabilities(client: openai.OpenAI) -> None:
    completion = client.completions.create(
        model=MODEL, prompt=[5, 6, 7], n=2, best_of=3, temperature=1, max_tokens=4, logprobs=2, echo=True
    )

    first, second = completion.choices
    assert likelihood(first) >= likelihood(second)


def test_best_of_when_the_model_is_greedy_by_itself(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL, messages=[user("What is 2 + 2?")], n=2, extra_body={"best_of": 3}
    )

    assert [choice.message.content for choice in completion.choices] == ["4", "4"]


def test_best_of_in_chat_streams(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=[user("What is 2 + 2?")], temperature=0.1, extra_body={"best_of": 3}, stream=True
    )

    chunks = list(stream)

    assert chunks[0].choices[0].delta.role == "assistant"
    assert content(chunks) == "4"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1


def test_best_of_less_than_n_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="best_of must be greater than or equal to n"):
        client.completions.create(model=MODEL, prompt="Hi", n=3, best_of=2)


def beams(client: openai.OpenAI, best_of: int) -> Completion:
    return client.completions.create(
        model=MODEL,
        prompt=PROMPTS[0],
        n=2,
        best_of=best_of,
        max_tokens=6,
        logprobs=0,
        extra_body={"use_beam_search": True, "ignore_eos": True},
    )


def test_beams_come_best_first(client: openai.OpenAI) -> None:
    first, second = beams(client, 4).choices

    assert likelihood(first) >= likelihood(second)


def test_best_of_is_the_width_of_the_beam_search(client: openai.OpenAI) -> None:
    usage = beams(client, 4).usage

    assert usage is not None
    assert usage.completion_tokens == 4 * 6


def test_beams_stream(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[user("What is 2 + 2?")],
        max_tokens=8,
        stream=True,
        extra_body={"use_beam_search": True, "best_of": 3, "early_stopping": True},
    )

    assert content(stream) == "4"


def test_what_vllm_refuses_for_beams_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="not supported with beam search"):
        client.completions.create(
            model=MODEL, prompt="Hi", best_of=2, echo=True, logprobs=1, extra_body={"use_beam_search": True}
        )


@pytest.mark.parametrize("guided", GUIDED)
def test_guided_fields_constrain_a_chat(client: openai.OpenAI, guided: dict[str, object]) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=STORY, max_tokens=60, extra_body=guided)

    assert_constrained(next(iter(guided)), completion.choices[0].message.content or "")


@pytest.mark.parametrize("guided", GUIDED)
def test_guided_fields_constrain_a_stream(client: openai.OpenAI, guided: dict[str, object]) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=STORY, max_tokens=60, extra_body=guided, stream=True)

    assert_constrained(next(iter(guided)), content(stream))


def test_guided_fields_constrain_every_candidate(client: openai.OpenAI) -> None:
    completion = client.completions.create(
        model=MODEL,
        prompt=PROMPTS[0],
        n=2,
        best_of=3,
        temperature=1,
        max_tokens=20,
        extra_body={"guided_choice": ["red", "blue"]},
    )

    assert {choice.text for choice in completion.choices} <= {"red", "blue"}


def test_a_guided_field_of_a_wrong_type_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="guided_choice") as raised:
        client.chat.completions.create(model=MODEL, messages=STORY, extra_body={"guided_choice": "red"})
    assert raised.value.param == "guided_choice"


@pytest.mark.parametrize("emulated", [{"best_of": 3}, {"best_of": 3, "use_beam_search": True}])
@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_gives_up_ends_the_engine_requests(
    worker: Worker, client: openai.OpenAI, emulated: dict[str, object], stream: bool
) -> None:
    impatient = client.with_options(timeout=0.5)
    before = worker.metric(TOKENS)

    with pytest.raises(openai.APITimeoutError):
        impatient.chat.completions.create(
            model=MODEL,
            messages=STORY,
            temperature=1,
            max_tokens=3500,
            stream=stream,
            extra_body={**ENDLESS, **emulated},
        )

    assert worker.metric(TOKENS) > before
    eventually(lambda: rests(worker), "the requests are gone", 3)
