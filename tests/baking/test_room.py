from pathlib import Path

import pytest

from dragoman.baking.room import check_room
from dragoman.errors import EngineStartError


def test_what_fits(tmp_path: Path) -> None:
    check_room(tmp_path, 1000)


def test_what_does_not_fit(tmp_path: Path) -> None:
    needed = (
        rf"1000000.0 TB are to come into {tmp_path} and .* are free; make room, or name another directory with --to"
    )
    with pytest.raises(EngineStartError, match=needed):
        check_room(tmp_path, 10**18)
