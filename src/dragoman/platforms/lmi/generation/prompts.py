"""The prompts of a request: `inputs`."""

from dragoman.platforms.lmi.generation.payloads import PayloadError
from dragoman.settings.values import Value

Prompt = str | list[int]

MOST = 1024
WORDS = "inputs must be a string, a list of strings, or a list of token ids"


def prompts_of(inputs: Value) -> tuple[tuple[Prompt, ...], bool]:
    """The prompts, and whether they came as a list of several: a list of numbers is one prompt, in tokens.

    Raises:
        PayloadError: they are something else, empty, or too many.
    """
    if isinstance(inputs, list) and len(inputs) > MOST and not isinstance(inputs[0], int):
        raise PayloadError(f"There are more than {MOST} inputs.")
    if _is_text(inputs) or _is_tokens(inputs):
        return (_full(inputs),), False
    if isinstance(inputs, list) and (all(map(_is_text, inputs)) or all(map(_is_tokens, inputs))):
        return tuple(map(_full, _full(inputs))), True
    raise PayloadError(f"{WORDS}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_tokens(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(type(each) is int for each in value)


def _full(value: Value) -> Value:
    if not value:
        raise PayloadError(f"{WORDS}, and not empty.")
    return value
