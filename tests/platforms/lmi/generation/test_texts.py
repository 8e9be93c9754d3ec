from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.platforms.lmi.generation.texts import Texts, shares
from dragoman.platforms.lmi.generation.tokens import NO_TOKEN, Token


def tokens(*owns: str) -> list[Token]:
    return [Token(place, own, -0.5) for place, own in enumerate(owns)]


def texts(known: list[Token]) -> list[str]:
    return [token.text for token in known]


@pytest.mark.parametrize(
    ("owns", "text", "parts"),
    [
        (["He", "llo"], "Hello", ["He", "llo"]),
        (["Hello", "!", " "], "Hel", ["Hel", "", ""]),
        (["He", "llo", "</s>"], "Hello", ["He", "llo", ""]),
        (["<b>", "bold"], "bold", ["", "bold"]),
        (["Hello", "world", "!"], "Hello world!", ["Hello", " world", "!"]),
        (["\ufffd", "\ufffd", " cat"], "😺 cat", ["", "", "😺 cat"]),
        (["Hi", "\ufffd", "\ufffd", ""], "Hi😺", ["Hi", "", "😺", ""]),
        (["", ""], "whole", ["", "whole"]),
        ([], "", []),
        ([], "lost", []),
    ],
)
def test_a_text_is_divided_where_its_tokens_stand(owns: list[str], text: str, parts: list[str]) -> None:
    assert shares(owns, text) == parts


def test_a_token_is_not_looked_for_far_away() -> None:
    assert shares(["x", "something", " else"], "something else x") == ["", "something", " else x"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=4), min_size=1), st.text())
def test_no_part_of_a_text_is_lost(owns: list[str], text: str) -> None:
    assert "".join(shares(owns, text)) == text


def test_tokens_wait_for_text_that_is_held_back() -> None:
    stream = Texts(held_back=True)
    assert stream.add(tokens("Hello"), "H", ended=False) == []
    assert texts(stream.add(tokens("!"), "ello", ended=False)) == ["Hello"]
    assert texts(stream.add(tokens(" "), "! ", ended=True)) == ["!", " "]


def test_a_token_without_a_part_waits_until_that_is_certain() -> None:
    stream = Texts(held_back=True)
    assert stream.add(tokens("<b>", "bold"), "bo", ended=False) == []
    assert texts(stream.add(tokens(" and more"), "ld and mo", ended=False)) == ["", "bold"]
    assert texts(stream.add([], "re", ended=True)) == [" and more"]


def test_tokens_take_the_text_of_their_event_where_nothing_is_held_back() -> None:
    stream = Texts(held_back=False)
    assert texts(stream.add(tokens("world"), " world", ended=False)) == [" world"]
    assert texts(stream.add(tokens("\ufffd"), "", ended=False)) == [""]
    assert texts(stream.add(tokens("\ufffd"), "😺", ended=True)) == ["😺"]


def test_text_without_a_token_goes_to_the_next() -> None:
    stream = Texts(held_back=False)
    assert stream.add([], "Hel", ended=False) == []
    assert texts(stream.add(tokens("lo"), "lo", ended=False)) == ["Hello"]


@pytest.mark.parametrize("text", ["", "lo"])
def test_an_end_without_a_token_has_a_line_all_the_same(text: str) -> None:
    stream = Texts(held_back=False)
    stream.add(tokens("Hel"), "Hel", ended=False)
    assert stream.add([], text, ended=True) == [Token(NO_TOKEN, text, None)]


@settings(deadline=None)
@given(st.data())
def test_any_way_of_cutting_a_stream_gives_the_same_tokens(data: st.DataObject) -> None:
    owns = data.draw(st.lists(st.text("ab ", min_size=1, max_size=4), min_size=1, max_size=8))
    held = data.draw(st.integers(0, 6))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(owns)))) | {0, len(owns)})
    stream, known, sent = Texts(held_back=held > 0), [], 0
    for start, end in pairwise(cuts):
        ended = end == len(owns)
        said = "".join(owns[:end])
        upto = len(said) if ended else max(len(said) - held, sent)
        known += stream.add(tokens(*owns)[start:end], said[sent:upto], ended)
        sent = upto
    assert known == tokens(*owns)
