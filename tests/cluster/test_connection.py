from pathlib import Path

import pytest

from dragoman.cluster.connection import connected
from dragoman.errors import ConfigurationError


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:1", "localhost:70000", "no.such.host.invalid:6379"])
def test_who_does_not_answer_is_named(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigurationError) as raised, connected(address, tmp_path, 1):
        pass
    assert str(raised.value).startswith(f"ray_address: nothing answers at {address}: ")


def test_a_directory_whose_name_leaves_no_room_for_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(ConfigurationError, match="TMPDIR is too long"), connected(None, tmp_path / ("x" * 99), 1):
        pass
