import pytest

from tests.docs.outputs import is_as_shown


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("one\ntwo\n", "one\ntwo\n"),
        ("  one   1  \n\n", "one 1"),
        ("one\ntwo\nthree\n", "one\n…\nthree"),
        ("one\nthree\n", "one\n…\nthree"),
        ('{"id":"a","count":1}', '{"id":…,"count":1}'),
        ("took 1.25 s", "took 0.7 s"),
        ('"id":"chatcmpl-8a429ab7583d3898"', '"id":"chatcmpl-579e5c331795284f"'),
        (
            "e26765eb-322e-43bd-be5d-79f8791e5ef8 at 2026-11-21T18:29:27Z",
            "0e0b61a9-0000-4000-8000-000000000000 at 2025-01-01T00:00:00Z",
        ),
        ('"created":1795287620', '"created":1795284567'),
    ],
)
def test_it_is(printed: str, shown: str) -> None:
    assert is_as_shown(printed, shown)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [("one\ntwo\n", "one\n"), ("one\n", "one\ntwo\n"), ("one 2\n", "one 1\n"), ("one.\n", "one!\n"), ("a\nb", "b\n…")],
)
def test_it_is_not(printed: str, shown: str) -> None:
    assert not is_as_shown(printed, shown)
