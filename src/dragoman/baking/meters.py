"""How far a bake is: bars on a terminal, lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from dragoman.baking.words import file_count
from dragoman.downloads.progress import Progress as Lines
from dragoman.downloads.transfers import Moved

# From a file's name and its size to what is told how many bytes of it have come.
Meters = Callable[[str, int], Moved]


@contextmanager
def meters(verb: str, what: str, count: int, size: int, console: Console) -> Iterator[Meters]:
    """Shows how far it is, until the context ends.

    Args:
        verb: what is done, such as `copying`.
        what: what comes.
        count: how many files it has.
        size: how many bytes they have together.
        console: where it is shown.
    """
    if not count:
        yield lambda name, size: lambda moved: None
        return
    if not console.is_terminal:
        say = partial(console.print, soft_wrap=True, markup=False, highlight=False)
        lines = Lines(f"{what}, {file_count(count)}", 0, size, say, verb=verb)
        yield lambda name, size: lines.move
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=console) as progress:
        yield _Bars(progress, f"{verb} {what}", count, size).meter


class _Bars:
    """One bar for all, and one for each file that is on its way."""

    def __init__(self, progress: Progress, what: str, count: int, size: int) -> None:
        self._progress = progress
        self._what = what
        self._count = count
        self._whole: set[str] = set()
        self._lock = Lock()
        self._all = progress.add_task(self._text(), total=size)

    def meter(self, name: str, size: int) -> Moved:
        """What moves the bar of a file, which is shown from the first byte to the last."""
        bar = self._progress.add_task(f"  {name}", total=size, visible=False)
        return lambda count: self._move(name, bar, count)

    def _move(self, name: str, bar: TaskID, count: int) -> None:
        with self._lock:
            self._progress.advance(self._all, count)
            self._progress.advance(bar, count)
            finished = self._progress.tasks[bar].finished
            self._progress.update(bar, visible=not finished)
            (self._whole.add if finished else self._whole.discard)(name)
            self._progress.update(self._all, description=self._text())

    def _text(self) -> str:
        return f"{self._what}: {len(self._whole)} of {file_count(self._count)}"
