import pytest

from dragoman.platforms.lmi.generation.reasons import finish_reason


@pytest.mark.parametrize(
    ("reason", "by", "told"),
    [
        (None, None, None),
        ("length", None, "length"),
        ("stop", None, "eos_token"),
        ("stop", 223, "eos_token"),
        ("stop", "\n\n", "stop_sequence"),
        ("stop", "", "stop_sequence"),
        ("tool_calls", None, "tool_calls"),
        ("abort", None, "abort"),
    ],
)
def test_the_end_is_told_in_lmis_words(reason: str | None, by: object, told: str | None) -> None:
    assert finish_reason({"finish_reason": reason, "stop_reason": by}) == told


def test_an_event_may_leave_the_reason_out() -> None:
    assert finish_reason({"finish_reason": "stop"}) == "eos_token"
