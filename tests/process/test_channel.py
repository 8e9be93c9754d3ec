import os
import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest

from dragoman.process.channel import (
    Booted,
    Channel,
    Ended,
    Failed,
    Fetched,
    Fetching,
    Hopeless,
    Message,
    Phase,
    Preparing,
    Ready,
    Retire,
    Start,
    Started,
)

Pair = tuple[Channel, Channel]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = Channel.pair()
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    "message",
    [
        Start(2),
        Phase("loading"),
        Preparing("downloading"),
        Started(7),
        Ready(7),
        Failed("größer als erlaubt"),
        Ended(7, -9),
        Retire(),
        *[Fetching("downloading"), Fetched(), Hopeless("no such model"), Booted({"boot": {}, "last": None})],
    ],
)
def test_each_message_arrives_as_it_was_sent(pair: Pair, message: Message) -> None:
    ours, theirs = pair
    theirs.send(message)
    assert ours.receive() == message


def test_both_directions_are_open(pair: Pair) -> None:
    ours, theirs = pair
    ours.send(Start(0))
    theirs.send(Started(7))
    assert (theirs.receive(), ours.receive()) == (Start(0), Started(7))


def test_what_is_not_there_yet_is_not_waited_for(pair: Pair) -> None:
    ours, theirs = pair
    assert ours.receive_waiting() is None
    theirs.send(Retire())
    assert ours.receive_waiting() == Retire()


def test_messages_of_two_writers_stay_whole_and_in_each_ones_order(pair: Pair) -> None:
    ours, theirs = pair
    with closing(Channel(theirs.sock.dup())) as other:
        writers = [
            Thread(target=lambda to=to, name=name: [to.send(Phase(f"{name}{n}" + "." * 1000)) for n in range(200)])
            for to, name in ((theirs, "a"), (other, "b"))
        ]
        for writer in writers:
            writer.start()
        received = [ours.receive() for _ in range(400)]
        for writer in writers:
            writer.join()
    for name in "ab":
        mine = [phase.name for phase in received if isinstance(phase, Phase) and phase.name.startswith(name)]
        assert mine == [f"{name}{n}" + "." * 1000 for n in range(200)]


def test_last_words_arrive_from_one_that_had_not_read_everything(pair: Pair) -> None:
    ours, theirs = pair
    ours.send(Start(0))
    theirs.send(Failed("no such model"))
    theirs.close()
    assert (ours.receive(), ours.receive()) == (Failed("no such model"), None)


def test_the_end_comes_when_the_last_holder_of_the_other_end_lets_go(pair: Pair) -> None:
    ours, theirs = pair
    other = Channel(theirs.sock.dup())
    theirs.close()
    other.send(Phase("still here"))
    other.close()
    assert [ours.receive(), ours.receive()] == [Phase("still here"), None]


def test_an_end_that_dies_with_unread_messages_is_an_end_too(pair: Pair) -> None:
    ours, theirs = pair
    ours.send(Start(0))
    theirs.close()
    assert ours.receive() is None


def test_sending_to_nobody_is_an_error(pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    with pytest.raises(OSError, match="Broken pipe"):
        ours.send(Start(0))


def test_an_inherited_end_is_not_inherited_further(pair: Pair) -> None:
    ours, theirs = pair
    descriptor = theirs.sock.detach()
    os.set_inheritable(descriptor, True)
    inherited = Channel.inherited(descriptor)
    inherited.send(Phase("here"))
    assert ours.receive() == Phase("here")
    assert not inherited.sock.get_inheritable()
    inherited.close()


def test_a_channel_is_a_pair_of_datagram_sockets(pair: Pair) -> None:
    assert [end.sock.type for end in pair] == [socket.SOCK_SEQPACKET] * 2
