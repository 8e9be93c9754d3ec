import pytest

from dragoman.downloads.progress import PAUSE, Progress
from tests.clock import Clock


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (1_200_000_000, 3_400_000_000, "1.2 of 3.4 GB (35 %)"),
        (0, 140_000_000_000, "0.0 of 140.0 GB (0 %)"),
        (999_999, 1_000_000, "1.0 of 1.0 MB (99 %)"),
        (5, 12, "5.0 of 12.0 B (41 %)"),
        (0, 0, "0.0 of 0.0 B (0 %)"),
    ],
)
def test_the_words(done: int, total: int, text: str) -> None:
    told: list[str] = []
    Progress("s3://b/p", done, total, told.append)
    assert told == [f"downloading s3://b/p: {text}"]


def test_it_is_told_now_and_then_and_in_the_end() -> None:
    told: list[str] = []
    clock = Clock()
    progress = Progress("it", 0, 2000, told.append, lambda: clock.now)
    for seconds, count in [(0, 500), (PAUSE - 1, 500), (1, 500), (1, -500), (PAUSE, 0), (1, 900), (1, 100)]:
        clock.now += seconds
        progress.move(count)
    assert [text.rpartition("(")[2] for text in told] == ["0 %)", "75 %)", "50 %)", "100 %)"]
