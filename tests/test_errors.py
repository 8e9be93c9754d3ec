import pytest

from dragoman.errors import ConfigurationError, CrashLoopError, DragomanError, EngineStartError


@pytest.mark.parametrize(
    ("kind", "exit_code", "status"),
    [
        (DragomanError, 1, 500),
        (ConfigurationError, 2, 500),
        (EngineStartError, 3, 500),
        (CrashLoopError, 4, 500),
    ],
)
def test_each_error_knows_its_codes(kind: type[DragomanError], exit_code: int, status: int) -> None:
    assert issubclass(kind, DragomanError)
    assert (kind.exit_code, kind.status) == (exit_code, status)


def test_a_configuration_error_has_one_line_a_problem() -> None:
    error = ConfigurationError("one", "two")
    assert error.problems == ("one", "two")
    assert str(error) == "one\ntwo"
