import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import aiohttp
import pytest

from bench import clients
from bench.clients import Answer, Load, Prompt
from bench.errors import RequestError
from tests.bench.fake_server import ChatServer

AskServer = Callable[[aiohttp.ClientSession, Prompt], Awaitable[Answer]]


def run(server: ChatServer, ask: AskServer, count: int = 1, crowd: int = 1) -> Load:
    async def load() -> Load:
        async with server.running() as url, clients.session(url) as http:
            return await clients.load(clients.prompts("seed", count, 8), crowd, partial(ask, http))

    return asyncio.run(load())


def test_the_same_seed_makes_the_same_prompts() -> None:
    assert clients.prompts("a", 20, 64) == clients.prompts("a", 20, 64)


def test_no_two_prompts_are_alike() -> None:
    questions = clients.prompts("a", 50, 64) + clients.prompts("b", 50, 64)
    assert len({question.text for question in questions}) == 100


def test_lengths_lie_around_the_mean() -> None:
    lengths = [question.tokens for question in clients.prompts("a", 500, 64)]
    assert min(lengths) == 32
    assert max(lengths) == 96


@pytest.mark.parametrize("ask", [clients.stream, clients.whole])
def test_every_question_is_asked_once(ask: AskServer) -> None:
    server = ChatServer()
    load = run(server, ask, count=10, crowd=3)
    asked = sorted(str(body["messages"]) for body in server.bodies)
    questions = clients.prompts("seed", 10, 8)
    assert asked == sorted(str([{"role": "user", "content": question.text}]) for question in questions)
    assert len(load.answers) == 10
    assert sum(answer.tokens for answer in load.answers) == sum(question.tokens for question in questions)


def test_the_work_is_fixed() -> None:
    server = ChatServer()
    run(server, clients.whole)
    body = server.bodies[0]
    assert body["ignore_eos"] is True
    assert body["temperature"] == 0
    assert body["max_tokens"] == clients.prompts("seed", 1, 8)[0].tokens


def test_as_many_ask_at_once_as_there_are_clients() -> None:
    server = ChatServer(pause=0.005)
    run(server, clients.stream, count=12, crowd=4)
    assert server.most_at_once == 4


def test_times_of_a_stream() -> None:
    answer = run(ChatServer(pause=0.01), clients.stream).answers[0]
    assert answer.to_first_token >= 0.01
    assert answer.between_tokens >= 0.01
    assert answer.last - answer.asked == pytest.approx(
        answer.to_first_token + answer.between_tokens * (answer.tokens - 1)
    )


def test_a_load_lasts_as_long_as_its_answers() -> None:
    load = run(ChatServer(pause=0.005), clients.whole, count=4, crowd=2)
    ends = [answer.last for answer in load.answers]
    starts = [answer.asked for answer in load.answers]
    assert load.seconds == pytest.approx(max(ends) - min(starts), abs=0.05)


@pytest.mark.parametrize("ask", [clients.stream, clients.whole])
def test_an_answer_of_another_length_is_an_error(ask: AskServer) -> None:
    with pytest.raises(RequestError, match="tokens asked for"):
        run(ChatServer(short=1), ask)


@pytest.mark.parametrize("ask", [clients.stream, clients.whole])
def test_a_refusal_is_an_error(ask: AskServer) -> None:
    with pytest.raises(RequestError, match="HTTP 503"):
        run(ChatServer(status=503), ask)


def test_a_stream_without_text_is_an_error() -> None:
    with pytest.raises(RequestError, match="without text"):
        run(ChatServer(short=100), clients.stream)
