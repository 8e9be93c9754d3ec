import pytest

from dragoman.gateway.ledger import Ledger
from dragoman.gateway.polls import Ask, Polls, deal, shares
from tests.gateway.samples import submit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("asks", "running", "queued", "given"),
    [
        ([], {}, 5, []),
        ([("a", 1)], {}, 0, [0]),
        ([("a", 1)], {}, 5, [1]),
        ([("a", 8)], {}, 5, [5]),
        # Who has asked first, where they run as many.
        ([("a", 1), ("b", 1)], {}, 1, [1, 0]),
        # The one that runs the fewest.
        ([("a", 1), ("b", 1)], {"a": 1}, 1, [0, 1]),
        ([("a", 1), ("b", 1), ("c", 1)], {"a": 2, "b": 1, "c": 3}, 2, [1, 1, 0]),
        # Nobody more than a fair share, what others cannot take included.
        ([("a", 8), ("b", 8)], {}, 4, [2, 2]),
        ([("a", 8), ("b", 8)], {}, 5, [3, 2]),
        ([("a", 1), ("b", 8)], {}, 10, [1, 8]),
        ([("a", 8), ("b", 1)], {}, 10, [5, 1]),
        ([("a", 8), ("b", 8), ("c", 8)], {"a": 9}, 2, [0, 1, 1]),
        # What a worker has just been given counts for its next poll.
        ([("a", 2), ("a", 2), ("b", 2)], {}, 2, [1, 0, 1]),
    ],
)
def test_jobs_are_divided_fairly(
    asks: list[tuple[str, int]], running: dict[str, int], queued: int, given: list[int]
) -> None:
    assert shares([Ask(*ask) for ask in asks], running, queued) == given


def test_jobs_are_taken_from_the_ledger_for_those_who_ask(ledger: Ledger) -> None:
    submit(ledger, "1", "2", "3")
    dealt = deal(ledger, [Ask("a", 2), Ask("b", 1)], {}, now=1)
    assert [[(job.id, job.worker) for job in jobs] for jobs in dealt] == [[("1", "a"), ("2", "a")], [("3", "b")]]


def test_nothing_is_taken_for_those_who_go_away_empty(ledger: Ledger) -> None:
    submit(ledger, "1")
    assert [len(jobs) for jobs in deal(ledger, [Ask("a", 3), Ask("b", 3)], {}, now=1)] == [1, 0]


async def test_a_poll_is_answered_once(ledger: Ledger) -> None:
    submit(ledger, "1", "2")
    polls = Polls()
    poll = polls.open(Ask("w", 1))
    first, second = ledger.take("w", 2, now=1)
    assert poll.answer([first])
    assert not poll.answer([second])
    await poll.answered()
    assert polls.close(poll) == [first]


async def test_a_closed_poll_takes_no_answer(ledger: Ledger) -> None:
    submit(ledger, "1")
    polls = Polls()
    poll = polls.open(Ask("w", 1))
    assert polls.close(poll) == ()
    assert not poll.answer(ledger.take("w", 1, now=1))


async def test_only_open_polls_wait_in_the_order_in_which_they_came() -> None:
    polls = Polls()
    first, second, third = (polls.open(Ask(name, 1)) for name in ("a", "b", "a"))
    assert polls.waiting() == [first, second, third]
    polls.release("a")
    assert polls.waiting() == [second]
    await first.answered()
    polls.release_all()
    assert polls.waiting() == []


async def test_nothing_is_kept_of_polls_that_have_been_closed() -> None:
    polls = Polls()
    polls.close(polls.open(Ask("a", 1)))
    assert len(polls) == 0
