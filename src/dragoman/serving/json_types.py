"""What a JSON value is called in an error, which does not repeat it."""

from types import MappingProxyType

_NAMES = MappingProxyType(
    {
        str: "a string",
        int: "this number",
        float: "this number",
        bool: "a boolean",
        list: "this list",
        dict: "an object",
        type(None): "null",
    }
)


def type_of(value: object) -> str:
    """What is there, in words that follow "not"."""
    return _NAMES.get(type(value), "that")
