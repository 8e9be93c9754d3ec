import pytest

from dragoman.platforms.lmi.generation.tokens import Token, numbered, prompt_tokens, tokens_of
from tests.platforms.lmi.generation.completions import EOS, TOKENS, choice
from tests.platforms.lmi.generation.recorded import NUMBERED, PREFILL

VOCABULARY = {554: "Hello", 923: "Goodbye", 979: "Hi", 3: "!", 359: "can", 49: "O"}


def test_tokens_have_their_ids_their_own_texts_and_log_probabilities() -> None:
    assert tokens_of(choice(TOKENS, "Hel"), {}) == [Token(*token) for token in TOKENS]


def test_an_event_may_have_no_token() -> None:
    assert tokens_of(choice(), {}) == []
    assert tokens_of({"index": 0, "text": "", "logprobs": None, "finish_reason": "length"}, {}) == []


def test_tokens_without_log_probabilities_have_no_text_of_their_own() -> None:
    assert tokens_of(choice(TOKENS) | {"logprobs": None}, {}) == [Token(id_, "", None) for id_ in (244, 576, 4558)]


@pytest.mark.parametrize(
    ("text", "end", "by", "last"),
    [
        ("Hello world", "stop", None, Token(2, "", -0.01, special=True)),
        ("Hello world</s>", "stop", None, Token(2, "</s>", -0.01, special=True)),
        ("Hello world", "stop", 2, Token(*EOS)),
        ("Hello world", "stop", "</s>", Token(*EOS)),
        ("Hello world", "length", None, Token(*EOS)),
        ("Hello world", None, None, Token(*EOS)),
    ],
)
def test_the_token_that_ends_the_text_adds_nothing_to_it(text: str, end: str, by: object, last: Token) -> None:
    assert tokens_of(choice([*TOKENS, EOS], text, end, by), {})[-1] == last


def test_alternatives_come_likeliest_first_and_no_more_than_are_wanted() -> None:
    hello, mark = tokens_of(NUMBERED["choices"][0], VOCABULARY, top=2)
    assert hello == Token(554, "Hello", -1.5, False, (Token(923, "Goodbye", -0.5), Token(554, "Hello", -1.5)))
    assert mark == Token(3, "!", 0.0, False, (Token(3, "!", 0.0), Token(359, "can", -18.1875)))


def test_a_number_that_nobody_knows_has_no_text() -> None:
    hello, _ = tokens_of(NUMBERED["choices"][0], {}, top=1)
    assert hello == Token(554, "", -1.5, False, (Token(923, "", -0.5),))


def test_all_numbers_of_an_answer_are_found() -> None:
    assert set(numbered(NUMBERED["choices"][0])) == {554, 923, 979, 3, 359}
    assert list(numbered(choice())) == []


def test_the_tokens_of_the_prompt_are_those_that_were_sent_not_the_likeliest() -> None:
    told = prompt_tokens(PREFILL["choices"][0], VOCABULARY)
    assert told == [Token(49, "O", None), Token(80, "n", -12.17), Token(328, "ce", -18.04)]


def test_a_prompt_that_the_engine_tells_nothing_of_has_no_tokens() -> None:
    assert prompt_tokens(choice(TOKENS), VOCABULARY) == []
