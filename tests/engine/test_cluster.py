import socket
from collections.abc import Iterator

import pytest

from dragoman.engine.cluster import await_head
from dragoman.errors import EngineStartError


@pytest.fixture
def head() -> Iterator[socket.socket]:
    """A socket with an address that does not listen yet."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def never(seconds: float) -> None:
    raise AssertionError("it waits")


def address(sock: socket.socket) -> str:
    return "{}:{}".format(*sock.getsockname())


def test_a_head_that_answers_is_not_waited_for(head: socket.socket) -> None:
    head.listen()
    await_head(address(head), sleep=never)


@pytest.mark.parametrize("words", [None, "auto", "local"])
def test_ray_finds_a_cluster_on_this_machine_by_itself(words: str | None) -> None:
    await_head(words, sleep=never)


def test_a_head_that_starts_together_with_the_worker_is_waited_for(head: socket.socket) -> None:
    pauses: list[float] = []

    def listen(seconds: float) -> None:
        pauses.append(seconds)
        head.listen()

    await_head(address(head), sleep=listen)

    assert pauses == [1.0]


def test_an_address_where_nothing_answers_is_no_cluster(head: socket.socket) -> None:
    with pytest.raises(EngineStartError) as caught:
        await_head(address(head), patience=0)

    assert str(caught.value) == (
        f"no Ray cluster answers at {address(head)}: Connection refused;"
        " start its head with `ray start --head`, or correct --ray-address"
    )


def test_a_name_that_cannot_be_one_is_no_cluster() -> None:
    with pytest.raises(EngineStartError, match=r"^no Ray cluster answers at head\.\.svc:6379: "):
        await_head("head..svc:6379", patience=0)
