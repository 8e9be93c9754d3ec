"""A text divided among the tokens that it is made of."""

from collections.abc import Iterable, Sequence

from dragoman.platforms.lmi.generation.tokens import NO_TOKEN, Token

# How far the text of a token may be from that of the one before: a blank that is lost where a token is decoded alone,
# or characters that several tokens make together.
GAP = 8


class Texts:
    """Gives the tokens of a stream their texts.

    Args:
        held_back: whether the engine holds text back, as it does where it looks for stop strings: tokens then wait
            here until their text has come.
    """

    def __init__(self, held_back: bool) -> None:
        self._held_back = held_back
        self._tokens: list[Token] = []
        self._text = ""

    def add(self, tokens: Sequence[Token], text: str, ended: bool) -> list[Token]:
        """The tokens whose texts are known with this event.

        Args:
            tokens: those of the event, with their own texts.
            text: the event's.
            ended: whether it is the last one of its sequence; there is at least one token then.
        """
        self._tokens += tokens
        self._text += text
        if ended and not self._tokens:
            return [Token(NO_TOKEN, self._text, None)]
        known = shares([token.text for token in self._tokens], self._text, ended or not self._held_back)
        ready, self._tokens = self._tokens[: len(known)], self._tokens[len(known) :]
        self._text = self._text[sum(map(len, known)) :]
        return with_texts(ready, known)


def shares(owns: Sequence[str], text: str, whole: bool = True) -> list[str]:
    """The part of a text that each of its tokens adds.

    That is the token's own text where it stands there. It may not: the text ends where a stop string begins, special
    tokens add nothing, and a character may need several tokens.

    Args:
        owns: the tokens' own texts.
        text: what they add together.
        whole: whether that is all of it; otherwise more may follow, and the last tokens may have no part yet.
    """
    if "".join(owns) == text:
        return list(owns)
    parts: list[str] = []
    start = 0
    for own in owns:
        end = _end(own, text, start, whole)
        if end is None:
            return parts
        parts.append(text[start:end])
        start = end
    if whole and parts:
        # Those after the heir add nothing, the end of the text among them.
        heir = max((place for place, own in enumerate(owns) if own), default=-1)
        parts[heir] += text[start:]
    return parts


def with_texts(tokens: Iterable[Token], texts: Iterable[str]) -> list[Token]:
    """The tokens with other texts."""
    pairs = zip(tokens, texts, strict=True)
    return [token if token.text == text else token._replace(text=text) for token, text in pairs]


def _end(own: str, text: str, start: int, whole: bool) -> int | None:
    """Where a token's part of the text ends; None where more text will tell."""
    if text.startswith(own, start):
        return start + len(own)
    if own.startswith(text[start : start + len(own)]):
        return len(text) if whole else None
    reach = start + len(own) + GAP
    found = text.find(own, start, reach)
    if found >= 0:
        return found + len(own)
    return start if whole or reach <= len(text) else None
