import pytest

from dragoman.engine.refusals import message, status


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": {"message": "no", "type": "BadRequestError", "param": null, "code": 400}}', "no"),
        ('{"error": "Unauthorized"}', "Unauthorized"),
        ('{"detail": "Not Found"}', "Not Found"),
        ('{"message": "older"}', "older"),
        ('{"detail": [{"loc": "x"}]}', '{"detail": [{"loc": "x"}]}'),
        ("plain\n", "plain"),
        ("[1]", "[1]"),
        ("", ""),
    ],
)
def test_the_message_is_what_the_engine_says(body: str, said: str) -> None:
    assert message(body.encode()) == said


def test_what_is_no_text_is_told_as_far_as_it_is() -> None:
    assert message(b"\xff") == "\ufffd"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"error": {"message": "no", "code": 400}}', 400),
        ('{"error": {"message": "no", "code": 500}}', 500),
        ('{"error": {"message": "no"}}', 500),
        ('{"error": {"message": "no", "code": "x"}}', 500),
        ('{"error": {"message": "no", "code": 7}}', 500),
        ('{"error": {"message": "no", "code": 600}}', 500),
        ('{"error": "no"}', 500),
        ('{"error"', 500),
    ],
)
def test_an_event_tells_its_status(said: str, expected: int) -> None:
    assert status(said.encode()) == expected
