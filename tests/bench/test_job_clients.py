import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bench import clients, job_clients
from bench.clients import Prompt
from bench.errors import RequestError
from bench.job_clients import JobAnswer
from bench.runpod_platform import Platform
from tests.bench.fake_server import ChatServer
from tests.bench.fake_worker import working

Ask = Callable[[Platform, Prompt], Awaitable[JobAnswer]]

PROMPT = Prompt("sun moon", 6)


def run(ask: Ask, server: ChatServer) -> JobAnswer:
    async def answer() -> JobAnswer:
        async with Platform() as platform, working(platform.environment(), server):
            return await ask(platform, PROMPT)

    return asyncio.run(answer())


@pytest.mark.parametrize("ask", [job_clients.whole, job_clients.stream, job_clients.prompt_stream])
def test_times_are_in_order(ask: Ask) -> None:
    answer = run(ask, ChatServer())
    assert answer.asked < answer.taken < answer.first < answer.last
    assert answer.tokens == 6


def test_the_first_piece_is_the_first_with_text() -> None:
    answer = run(job_clients.stream, ChatServer())
    assert answer.posts == 2


@pytest.mark.parametrize(("ask", "stream"), [(job_clients.whole, False), (job_clients.stream, True)])
def test_the_request_is_that_of_the_http_clients(ask: Ask, stream: bool) -> None:
    server = ChatServer()
    run(ask, server)
    assert server.bodies == [clients.body(PROMPT) | (clients.STREAMED if stream else {})]


@pytest.mark.parametrize("ask", [job_clients.whole, job_clients.stream])
def test_an_answer_of_another_length_is_an_error(ask: Ask) -> None:
    with pytest.raises(RequestError, match="6 tokens asked for, 5 answered"):
        run(ask, ChatServer(short=1))


@pytest.mark.parametrize("ask", [job_clients.whole, job_clients.stream])
def test_a_failed_job_is_an_error(ask: Ask) -> None:
    with pytest.raises(RequestError, match="a job is FAILED with 0 pieces"):
        run(ask, ChatServer(status=503))


def test_a_stream_without_text_is_an_error() -> None:
    with pytest.raises(RequestError, match="without text"):
        run(job_clients.stream, ChatServer(short=6))
