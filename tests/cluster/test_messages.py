import pytest

from dragoman.cluster.messages import Hopeless, Joined, Load, Members, Message, Phase, from_line, to_line


@pytest.mark.parametrize(
    "message",
    [
        Phase("starting Ray on this machine"),
        Joined(),
        Members({"a": "http://10.0.0.1:4000"}),
        Members({}),
        Load({"a": 3}),
        Hopeless("no replica can start", 3, ["first line\nof two", "second"]),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_is_one_line_from_which_it_is_read_again(message: Message) -> None:
    line = to_line(message)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert from_line(line) == message
