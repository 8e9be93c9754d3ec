import sys

import pytest

from dragoman import cli
from dragoman.errors import ConfigurationError, CrashLoopError


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (ConfigurationError("one", "two"), 2, ["dragoman: error: one", "dragoman: error: two"]),
        (CrashLoopError("it died"), 4, ["dragoman: error: it died"]),
    ],
)
def test_errors_are_lines_and_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int, lines: list[str]
) -> None:
    def app() -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr(sys, "argv", ["dragoman"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    assert capsys.readouterr().err.splitlines() == lines
