import pytest

from dragoman.engine.guard.regexes import Size, grammar_size, size


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", Size()),
        ("abc", Size(3, 3, 0)),
        ("a{3}", Size(1, 3, 9)),
        ("a{3,}", Size(1, 3, 9)),
        ("a{,5}", Size(1, 5, 25)),
        ("a{2,5}b", Size(2, 6, 25)),
        ("(ab){10}", Size(2, 20, 200)),
        ("((a{2}){3}){4}", Size(1, 24, 29)),
        (r"[\s\S]{2}", Size(1, 2, 4)),
        (r"[]}{3]{2}", Size(1, 2, 4)),
        (r"\{5}", Size(3, 3, 0)),
        (r"\d{4}-\d{2}", Size(3, 7, 20)),
        ("{5}", Size()),
        ("((a", Size(1, 1, 0)),
        ("a))b", Size(4, 4, 0)),
        (r"[^](a{2}){3}]", Size(3, 8, 13)),
        ("a{ 2 , 3 }", Size(1, 3, 9)),
        ("[a{5}", Size(1, 1, 0)),
        ("a{99999999999999999999}", Size(1, 10**9, 10**18)),
    ],
)
def test_repeats_are_written_out(expression: str, expected: Size) -> None:
    assert size(expression) == expected


def test_a_long_expression_is_read_to_its_end() -> None:
    assert size("(" * 60_000 + "a" + ")" * 60_000).atoms == 1


@pytest.mark.parametrize("piece", ["[", "{1", "{", "[^", '"', "\\\\"])
def test_what_never_ends_is_read_once(piece: str) -> None:
    # Read again from each of its beginnings, this would take minutes.
    assert size(piece * 2**17).steps == grammar_size(piece * 2**17).steps == 0


@pytest.mark.parametrize(
    ("grammar", "expected"),
    [
        ('"a"{3}', Size(1, 3, 9)),
        ('("abc" "d") {10}', Size(4, 40, 400)),
        ('("a" "b") {10}', Size(2, 20, 200)),
        ('"[" "a"{3} "]"', Size(3, 5, 9)),
        (r'"\"[" "a"{3} "]"', Size(5, 7, 9)),
        ('["] "a"{ 1 , 3 } ["]', Size(3, 5, 9)),
    ],
)
def test_strings_in_grammars_hide_nothing(grammar: str, expected: Size) -> None:
    assert grammar_size(grammar) == expected
