from pathlib import Path

import pytest

from dragoman.platforms.lmi.adapters.records import Adapter, Records


def test_nothing_was_written(tmp_path: Path) -> None:
    assert Records(tmp_path / "adapters.json").read() is None


def test_what_is_written_is_read_by_the_next_one(tmp_path: Path) -> None:
    adapters = (Adapter("b", "/b"), Adapter("a", "adapters/a", preload=False), Adapter("é", "/é", pin=True))
    Records(tmp_path / "adapters.json").write(adapters)
    assert Records(tmp_path / "adapters.json").read() == adapters
    assert [path.name for path in tmp_path.iterdir()] == ["adapters.json"]


def test_no_adapters_are_not_the_same_as_nothing_written(tmp_path: Path) -> None:
    records = Records(tmp_path / "adapters.json")
    records.write([Adapter("a", "/a")])
    records.write([])
    assert records.read() == ()


def test_where_nothing_can_be_written_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Records(tmp_path / "gone" / "adapters.json").write([Adapter("a", "/a")])
    assert "the engine's next start will not know of this change of adapters" in caplog.text
