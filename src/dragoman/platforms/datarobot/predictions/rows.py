"""Rows that are under way at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from http import HTTPStatus
from typing import TypeVar

from dragoman.platforms.datarobot.errors import DrumError

Row = TypeVar("Row")
Result = TypeVar("Result")

BAD_PAYLOAD = "Bad payload: "
MOST_TOLD = 10


class RowError(DrumError):
    """A row that failed.

    Args:
        number: which one, counted from 1.
        error: why.
    """

    def __init__(self, number: int, error: DrumError) -> None:
        super().__init__(f"row {number}: {error}", error.status)
        self.number = number


async def at_once(rows: Iterable[Row], ask: Callable[[int, Row], Awaitable[Result]], places: int) -> list[Result]:
    """Asks for each row as soon as there is a place, and ends all others when one fails.

    Args:
        rows: are taken one by one.
        ask: is given a row and its number, counted from 1.
        places: how many rows are under way at a time.

    Returns:
        The results, in the order of the rows.

    Raises:
        DrumError: what was wrong with the rows that failed, or with taking them.
    """
    results: dict[int, Result] = {}
    free = asyncio.Semaphore(places)

    async def work(number: int, row: Row) -> None:
        try:
            results[number] = await ask(number, row)
        except DrumError as error:
            raise RowError(number, error) from error
        finally:
            free.release()

    try:
        async with asyncio.TaskGroup() as tasks:
            for number, row in enumerate(rows, 1):
                await free.acquire()
                tasks.create_task(work(number, row))
    except ExceptionGroup as group:
        raise _failure(group.exceptions) from None
    return [results[number] for number in sorted(results)]


def _failure(errors: Sequence[Exception]) -> Exception:
    """The one error that a request fails with: by DRUM's word for what the engine refuses, and by row."""
    failed = sorted((error for error in errors if isinstance(error, RowError)), key=lambda error: error.number)
    if len(failed) < len(errors):
        return next(error for error in errors if not isinstance(error, RowError))
    told = "; ".join(str(error) for error in failed[:MOST_TOLD])
    more = f"; and {len(failed) - MOST_TOLD} more" if len(failed) > MOST_TOLD else ""
    status = failed[0].status
    return DrumError((BAD_PAYLOAD if status == HTTPStatus.BAD_REQUEST else "") + told + more, status)
