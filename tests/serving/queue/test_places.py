import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.serving.queue.pace import FEWEST
from dragoman.serving.queue.patience import ENDS
from dragoman.serving.queue.places import NoPlaceError, Places, Ticket
from tests.clock import Clock

pytestmark = pytest.mark.anyio


def asked(places: Places, clients: Iterable[int]) -> list[Ticket]:
    return [places.ask(client) for client in clients]


def order(places: Places, tickets: list[Ticket]) -> list[int | None]:
    """Whose requests get a place, one after the other, each when the one before has ended."""
    served: list[int | None] = []
    waiting = [ticket for ticket in tickets if not ticket.has_place]
    running = [ticket for ticket in tickets if ticket.has_place]
    while running:
        places.give_back(running.pop(0))
        for ticket in [ticket for ticket in waiting if ticket.has_place]:
            waiting.remove(ticket)
            running.append(ticket)
            served.append(ticket.client)
    return served


async def test_places_are_given_until_there_are_none_and_then_requests_wait() -> None:
    places = Places(2, 1)
    first, second, third = asked(places, [0, 0, 0])
    assert (first.has_place, second.has_place, third.has_place) == (True, True, False)
    assert (places.taken, places.waiting) == (2, 1)
    with pytest.raises(NoPlaceError, match="as many requests waiting as it may have") as refused:
        places.ask(0)
    assert (refused.value.status, refused.value.pause) == (429, 1)


async def test_one_client_is_served_in_its_order() -> None:
    places = Places(1, 10)
    tickets = asked(places, [0] * 5)
    served = []
    for ticket in tickets:
        assert ticket.has_place
        served.append(ticket)
        places.give_back(ticket)
    assert served == tickets
    assert (places.taken, places.waiting) == (0, 0)


async def test_a_client_that_floods_takes_turns_with_the_others() -> None:
    places = Places(1, 100)
    assert order(places, asked(places, [0] * 6 + [1, 1, 2])) == [0, 1, 2, 0, 1, 0, 0, 0]


async def test_a_free_place_goes_to_the_client_that_has_the_fewest() -> None:
    places = Places(4, 100)
    running = asked(places, [0] * 4)
    late = asked(places, [0, 0, 1, 1, 1])
    for ticket in running[:2]:
        places.give_back(ticket)
    assert [ticket.client for ticket in late if ticket.has_place] == [1, 1]


async def test_the_client_of_whom_most_wait_gives_way() -> None:
    places = Places(1, 3)
    _, *flood = asked(places, [0] * 4)
    newcomer = places.ask(1)
    assert isinstance(flood[-1].turn.result(), NoPlaceError)
    assert not newcomer.turn.done()
    assert places.waiting == 3
    with pytest.raises(NoPlaceError):
        places.ask(0)
    with pytest.raises(NoPlaceError):
        places.ask(1)


async def test_nobody_gives_way_where_nobody_may_wait() -> None:
    places = Places(1, 0)
    places.ask(0)
    with pytest.raises(NoPlaceError):
        places.ask(1)


async def test_who_waits_no_more_is_not_called() -> None:
    places = Places(1, 10)
    first, second, third = asked(places, [0, 0, 0])
    places.give_back(second)
    places.give_back(second)
    places.give_back(first)
    assert (second.has_place, third.has_place) == (False, True)


async def test_a_place_is_given_back_once() -> None:
    places = Places(2, 10)
    first, _, third, fourth = asked(places, [0] * 4)
    places.give_back(first)
    places.give_back(first)
    assert (third.has_place, fourth.has_place) == (True, False)


async def paced(clock: Clock) -> Places:
    """One place, with a request waiting, where one request a second is done."""
    places = Places(1, 100, clock.monotonic)
    tickets = asked(places, [0] * (FEWEST + 2))
    for ticket in tickets[:FEWEST]:
        clock.now += 1
        ticket.answered = True
        places.give_back(ticket)
    return places


async def test_who_would_wait_too_long_is_refused_at_once() -> None:
    places = await paced(Clock())
    assert not places.ask(0, 2).has_place
    with pytest.raises(NoPlaceError, match="later than you wait for it") as refused:
        places.ask(0, 3)
    assert refused.value.pause == 2


async def test_an_answer_that_comes_whole_takes_the_time_of_a_place_too() -> None:
    places = await paced(Clock())
    with pytest.raises(NoPlaceError):
        places.ask(0, 3, streams=False)
    assert places.ask(0, 3, streams=True)


async def test_who_leaves_without_an_answer_tells_nothing_of_the_pace() -> None:
    clock = Clock()
    places = await paced(clock)
    for ticket in asked(places, [0] * 10):
        places.give_back(ticket)
    with pytest.raises(NoPlaceError):
        places.ask(0, 1)


async def test_clients_that_leave_early_make_no_other_client_look_impatient() -> None:
    clock = Clock()
    places = await paced(clock)
    for _ in range(ENDS):
        places.give_back(places.ask(1))
    with pytest.raises(NoPlaceError):
        places.ask(1)
    assert places.ask(0)


async def test_a_client_of_whom_few_wait_is_told_its_own_time() -> None:
    clock = Clock()
    places = await paced(clock)
    asked(places, [0] * 20)
    with pytest.raises(NoPlaceError):
        places.ask(0, 10)
    assert places.ask(1, 10)


@given(
    st.lists(st.tuples(st.sampled_from(["ask", "end", "leave"]), st.integers(0, 3), st.integers(0, 5)), max_size=60),
    st.integers(1, 4),
    st.integers(0, 5),
)
def test_whatever_happens_no_place_is_lost(steps: list[tuple[str, int, int]], count: int, room: int) -> None:
    async def run() -> None:
        places = Places(count, room)
        tickets: list[Ticket] = []
        for step, client, index in steps:
            if step == "ask":
                try:
                    tickets.append(places.ask(client))
                except NoPlaceError:
                    assert (places.taken, places.waiting) == (count, room)
            elif tickets:
                places.give_back(tickets[index % len(tickets)])
            assert places.taken == sum(ticket.has_place for ticket in tickets) <= count
            assert places.waiting <= room
            assert places.waiting == 0 or places.taken == count
        for ticket in tickets:
            places.give_back(ticket)
        assert (places.taken, places.waiting) == (0, 0)

    asyncio.run(run())


async def test_clients_who_do_not_say_how_long_they_wait_show_it() -> None:
    clock = Clock()
    places = await paced(clock)
    leaving = asked(places, [0] * ENDS)
    clock.now += 4
    for ticket in leaving:
        places.give_back(ticket)
    places.ask(0)
    with pytest.raises(NoPlaceError, match="later than you wait for it"):
        places.ask(0)
