from pathlib import Path

from dragoman.downloads.turns import turn
from tests.processes import program

HOLDER = """
import sys
from pathlib import Path
from dragoman.downloads.turns import turn
with turn(Path(sys.argv[1]), lambda: None):
    print(0, flush=True)
    sys.stdin.read()
"""


def test_who_comes_second_waits_until_the_first_has_ended(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    waited: list[bool] = []
    with program(HOLDER, str(lock)) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()

        def wait() -> None:
            waited.append(True)
            holder.kill()

        with turn(lock, wait):
            assert waited == [True]


def test_who_is_alone_does_not_wait(tmp_path: Path) -> None:
    waited: list[bool] = []
    for _ in range(2):
        with turn(tmp_path / "lock", lambda: waited.append(True)):
            pass
    assert waited == []
