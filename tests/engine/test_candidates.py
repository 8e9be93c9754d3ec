from typing import Any

import pytest

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.candidates import Candidates, Fields, candidates
from dragoman.engine.chunks import StreamOptions

PROMPT_LOGPROBS = [None, {"7": {"logprob": -50.0}}]


def chosen(chat: bool = False, **request: object) -> Candidates | None:
    fields = Fields.of(request)
    assert fields is not None
    return candidates(request, fields, chat)


def surely(chat: bool = False, **request: object) -> Candidates:
    found = chosen(chat, **request)
    assert found is not None
    return found


def completion(*scores: list[float]) -> dict[str, Any]:
    choices = [
        {"index": i, "text": f"t{i}", "prompt_logprobs": None, "logprobs": {"token_logprobs": logprobs}}
        for i, logprobs in enumerate(scores)
    ]
    return {"id": "cmpl-1", "choices": choices, "usage": {"completion_tokens": 9}}


def chat_completion(*scores: list[float]) -> dict[str, Any]:
    choices = [
        {
            "index": i,
            "message": {"content": f"t{i}"},
            "logprobs": {"content": [{"logprob": score} for score in logprobs]},
        }
        for i, logprobs in enumerate(scores)
    ]
    return {"id": "chatcmpl-1", "choices": choices}


def texts(response: dict[str, Any]) -> list[str]:
    return [choice.get("text") or choice["message"]["content"] for choice in response["choices"]]


@pytest.mark.parametrize(
    "request_",
    [
        {"n": 2},
        {"best_of": 1},
        {"n": 2, "best_of": 2, "stream": True},
        {"best_of": None},
        {"best_of": 3, "temperature": 0},
        {"best_of": 3, "temperature": 0, "stream": True},
        {"use_beam_search": True, "n": 2},
        {"use_beam_search": True, "n": 2, "best_of": 2},
        {"use_beam_search": False, "stream": True},
    ],
)
def test_the_engine_answers_by_itself_where_it_can(request_: dict[str, Any]) -> None:
    assert chosen(**request_) is None


@pytest.mark.parametrize(
    "request_",
    [
        {"n": 0, "best_of": 3},
        {"n": -1, "best_of": -2},
        {"best_of": 3, "stream": True, "prompt_logprobs": 1},
        {"use_beam_search": True, "stream": True, "prompt_logprobs": "many"},
    ],
)
def test_the_engine_says_what_is_wrong_with_its_own_fields(request_: dict[str, Any]) -> None:
    assert chosen(**request_) is None


@pytest.mark.parametrize(
    "request_",
    [{"n": "many"}, {"temperature": "hot"}, {"stream": 7}, {"use_beam_search": "perhaps"}, {"stream_options": 1}],
)
def test_fields_that_the_engine_will_refuse_are_not_read(request_: dict[str, Any]) -> None:
    assert Fields.of({"best_of": 3, **request_}) is None


@pytest.mark.parametrize("value", ["many", 1.5, [3], {}])
def test_best_of_is_an_integer(value: object) -> None:
    with pytest.raises(BadRequestError, match="`best_of` must be an integer"):
        Fields.of({"best_of": value})


@pytest.mark.parametrize(("n", "best_of"), [(3, 2), (None, 0), (1, -1)])
def test_best_of_less_than_n_is_refused(n: int | None, best_of: int) -> None:
    with pytest.raises(BadRequestError, match="best_of must be greater than or equal to n") as raised:
        chosen(n=n, best_of=best_of)
    assert raised.value.param == "best_of"


@pytest.mark.parametrize(
    ("chat", "request_", "engines"),
    [
        (False, {"best_of": 3}, {"n": 3, "logprobs": 0}),
        (False, {"best_of": 3, "n": 2, "logprobs": 5}, {"n": 3, "logprobs": 5}),
        (False, {"best_of": 3, "logprobs": None}, {"n": 3, "logprobs": 0}),
        (False, {"best_of": "3", "seed": 4}, {"n": 3, "logprobs": 0, "seed": 4}),
        (True, {"best_of": 3}, {"n": 3, "logprobs": True}),
        (True, {"best_of": 3, "logprobs": False}, {"n": 3, "logprobs": True}),
        (True, {"best_of": 3, "logprobs": True, "top_logprobs": 2}, {"n": 3, "logprobs": True, "top_logprobs": 2}),
        (False, {"best_of": 2, "n": 2}, {"n": 2, "logprobs": 0}),
        (False, {"best_of": 2, "n": 2, "temperature": 0}, {"n": 1, "temperature": 0}),
        (False, {"best_of": 3, "n": 2, "temperature": 0}, {"n": 1, "temperature": 0}),
        (False, {"best_of": 3, "use_beam_search": True}, {"n": 3, "use_beam_search": True}),
        (
            True,
            {"best_of": 3, "use_beam_search": True, "temperature": 0},
            {"n": 3, "use_beam_search": True, "temperature": 0},
        ),
        (False, {"n": 2, "use_beam_search": True, "stream": True}, {"n": 2, "use_beam_search": True}),
        (
            False,
            {"best_of": 2, "stream": True, "stream_options": {"include_usage": True}},
            {"n": 2, "logprobs": 0},
        ),
    ],
)
def test_what_the_engine_is_asked_for(chat: bool, request_: dict[str, Any], engines: dict[str, Any]) -> None:
    assert surely(chat, **request_).request == engines


@pytest.mark.parametrize(
    ("chat", "request_"),
    [
        (False, {"stream_options": {"include_usage": True}, "logprobs": 1}),
        (False, {"logprob_token_ids": [1]}),
        (True, {"logprob_token_ids": [1]}),
        (True, {"top_logprobs": 2}),
    ],
)
def test_a_request_that_the_engine_refuses_is_not_mended(chat: bool, request_: dict[str, Any]) -> None:
    assert surely(chat, best_of=3, **request_).request == {"n": 3, **request_}


@pytest.mark.parametrize(
    ("options", "stream"),
    [
        ({}, None),
        ({"stream": False}, None),
        ({"stream": True}, StreamOptions()),
        ({"stream": True, "stream_options": None}, StreamOptions()),
        ({"stream": True, "stream_options": {"include_usage": True}}, StreamOptions(include_usage=True)),
    ],
)
def test_how_the_client_wants_its_stream(options: dict[str, Any], stream: StreamOptions | None) -> None:
    assert surely(best_of=2, **options).stream == stream


@pytest.mark.parametrize(
    ("n", "scores", "best"),
    [
        (1, ([-3.0], [-1.0], [-2.0]), ["t1"]),
        (2, ([-3.0], [-1.0], [-2.0]), ["t1", "t2"]),
        (1, ([-0.6, -0.6], [-1.0], [-0.9, -0.2]), ["t1"]),
        (2, ([-1.0], [-1.0], [-1.0]), ["t0", "t1"]),
        (1, ([-1.0], [], [-2.0]), ["t1"]),
    ],
)
def test_the_likeliest_sequences_come_first(n: int, scores: tuple[list[float], ...], best: list[str]) -> None:
    assert texts(surely(best_of=3, n=n).best(completion(*scores))) == best
    assert texts(surely(True, best_of=3, n=n).best(chat_completion(*scores))) == best


def test_each_prompt_has_its_own_best_and_all_are_numbered_through() -> None:
    response = completion([-3.0], [-1.0], [-2.0], [-9.0], [-8.0], [-7.0])

    best = surely(best_of=3, n=2).best(response)["choices"]

    assert [(choice["index"], choice["text"]) for choice in best] == [(0, "t1"), (1, "t2"), (2, "t5"), (3, "t4")]


def test_an_echoed_prompt_does_not_count() -> None:
    response = completion([-50.0, -9.0, -1.0], [-50.0, -1.0, -2.0])
    for choice in response["choices"]:
        choice["prompt_logprobs"] = PROMPT_LOGPROBS

    assert texts(surely(best_of=2, echo=True).best(response)) == ["t0"]


def test_the_usage_is_that_of_all_sequences() -> None:
    assert surely(best_of=2).best(completion([-1.0], [-2.0]))["usage"] == {"completion_tokens": 9}


@pytest.mark.parametrize(
    ("request_", "shown"),
    [
        ({}, {"logprobs": False, "prompt_logprobs": True}),
        ({"logprobs": 0}, {"logprobs": True, "prompt_logprobs": True}),
        ({"echo": True}, {"logprobs": False, "prompt_logprobs": False}),
        ({"echo": True, "logprobs": 1}, {"logprobs": True, "prompt_logprobs": True}),
        ({"echo": True, "prompt_logprobs": 0}, {"logprobs": False, "prompt_logprobs": True}),
    ],
)
def test_only_what_the_client_asked_for_is_shown(request_: dict[str, Any], shown: dict[str, bool]) -> None:
    response = completion([-1.0], [-2.0])
    for choice in response["choices"]:
        choice["prompt_logprobs"] = PROMPT_LOGPROBS

    (best,) = surely(best_of=2, **request_).best(response)["choices"]

    assert {field: best[field] is not None for field in shown} == shown


def test_chat_hides_log_probabilities_too() -> None:
    (best,) = surely(True, best_of=2, echo=True).best(chat_completion([-1.0], [-2.0]))["choices"]

    assert best == {"index": 0, "message": {"content": "t0"}, "logprobs": None}


def test_the_one_greedy_sequence_is_repeated() -> None:
    response = {"choices": [{"index": 0, "text": "a", "logprobs": None}, {"index": 1, "text": "b", "logprobs": None}]}

    best = surely(best_of=3, n=2, temperature=0).best(response)["choices"]

    assert [(choice["index"], choice["text"]) for choice in best] == [(0, "a"), (1, "a"), (2, "b"), (3, "b")]


def test_beams_keep_the_order_of_the_beam_search() -> None:
    beams = surely(best_of=3, n=2, use_beam_search=True)

    assert texts(beams.best(completion([-3.0], [-1.0], [-2.0]))) == ["t0", "t1"]


def test_log_probabilities_that_are_not_told_are_an_error() -> None:
    response = {"choices": [{"index": 0, "logprobs": None}, {"index": 1, "logprobs": None}]}

    with pytest.raises(BadRequestError, match="needs log-probabilities"):
        surely(True, best_of=2, include_reasoning=False).best(response)
