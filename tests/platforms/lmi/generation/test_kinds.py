import pytest

from dragoman.platforms.lmi.generation import kinds
from dragoman.platforms.lmi.generation.kinds import Kind
from dragoman.platforms.lmi.generation.payloads import PayloadError


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (kinds.INTEGER, 5, 5),
        (kinds.INTEGER, 5.0, 5),
        (kinds.INTEGER, "5", 5),
        (kinds.INTEGER, -1, -1),
        (kinds.POSITIVE, 1, 1),
        (kinds.NATURAL, 0, 0),
        (kinds.COUNT, True, 1),
        (kinds.COUNT, False, 0),
        (kinds.COUNT, 5, 5),
        (kinds.NUMBER, 1, 1.0),
        (kinds.NUMBER, "0.7", 0.7),
        (kinds.FLAG, True, True),
        (kinds.FLAG, "False", False),
        (kinds.FLAG, "yes", True),
        (kinds.FLAG, 0, False),
        (kinds.TEXT, "a", "a"),
        (kinds.TEXTS, ["a"], ["a"]),
        (kinds.STOPS, "a", ["a"]),
        (kinds.STOPS, ["a", "b"], ["a", "b"]),
        (kinds.INTEGERS, [1, 2.0], [1, 2]),
        (kinds.OBJECT, {}, {}),
        (kinds.ANY, None, None),
    ],
)
def test_a_value_of_its_kind_is_read(kind: Kind, value: object, read: object) -> None:
    assert kind.of("field", value) == read


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (kinds.INTEGER, "many", "field must be an integer, not a string."),
        (kinds.INTEGER, 5.5, "field must be an integer, not this number."),
        (kinds.INTEGER, True, "field must be an integer, not a boolean."),
        (kinds.INTEGER, 1e30, "field must be an integer, not this number."),
        (kinds.POSITIVE, 0, "field must be an integer of at least 1, not this number."),
        (kinds.NATURAL, -1, "field must be an integer of at least 0, not this number."),
        (kinds.COUNT, -1, "field must be an integer of at least 0 or true or false, not this number."),
        (kinds.NUMBER, "hot", "field must be a number, not a string."),
        (kinds.NUMBER, [1], "field must be a number, not this list."),
        (kinds.FLAG, "maybe", "field must be true or false, not a string."),
        (kinds.FLAG, 2, "field must be true or false, not this number."),
        (kinds.TEXT, 5, "field must be a string, not this number."),
        (kinds.TEXTS, "a", "field must be a list of strings, not a string."),
        (kinds.STOPS, ["a", 5], "field must be a string or a list of strings, not this list."),
        (kinds.INTEGERS, ["a"], "field must be a list of integers, not this list."),
        (kinds.OBJECT, [], "field must be an object, not this list."),
        (kinds.OBJECT, None, "field must be an object, not null."),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(kind: Kind, value: object, says: str) -> None:
    with pytest.raises(PayloadError) as raised:
        kind.of("field", value)

    assert str(raised.value) == says
