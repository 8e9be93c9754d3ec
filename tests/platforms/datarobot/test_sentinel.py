import asyncio
from pathlib import Path

import pytest

from dragoman.platforms.datarobot.sentinel import Sentinel

pytestmark = pytest.mark.anyio


async def test_it_is_there_from_the_first_touch_until_the_serving_ends(tmp_path: Path) -> None:
    file = tmp_path / ".server_ready"
    sentinel = Sentinel(tmp_path)
    running = asyncio.create_task(sentinel.run())
    assert not file.exists()
    sentinel.touch()
    assert file.exists()
    sentinel.close()
    await running
    assert not file.exists()


def test_it_is_touched_once(tmp_path: Path) -> None:
    sentinel = Sentinel(tmp_path)
    sentinel.touch()
    sentinel.remove()
    sentinel.touch()
    assert not (tmp_path / ".server_ready").exists()


def test_one_that_an_earlier_worker_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".server_ready").touch()
    Sentinel(tmp_path).remove()
    assert list(tmp_path.iterdir()) == []


def test_where_it_cannot_be_the_log_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    sentinel = Sentinel(tmp_path / "absent")
    sentinel.touch()
    sentinel.touch()
    sentinel.remove()
    assert caplog.messages == [f"{tmp_path}/absent/.server_ready is not there: No such file or directory"]


def test_where_it_cannot_be_removed_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    (tmp_path / ".server_ready").mkdir()
    Sentinel(tmp_path).remove()
    assert caplog.messages == [f"{tmp_path}/.server_ready stays there: Is a directory"]
