"""Which requests count as lost."""

import pytest

from hardening.chaos.ledger import CAUSED, ENDED, WHOLE, End, Exchange, Fault, Ledger


def ledger(end: End, *faults: Fault) -> Ledger:
    """One exchange with the worker, from second 100 to second 110."""
    return Ledger(exchanges=[Exchange("plain", "whole", 100, 110, end)], faults=list(faults))


@pytest.mark.parametrize("end", [End.COMPLETE, End.REFUSED, End.LEFT])
def test_a_definite_outcome_breaks_no_promise(end: End) -> None:
    assert list(ledger(end).breaches(recovery=5)) == []


@pytest.mark.parametrize(
    ("end", "promise"), [(End.HUNG, ENDED), (End.HALF, WHOLE), (End.BROKEN, CAUSED), (End.TOLD, CAUSED)]
)
def test_any_other_outcome_breaks_one(end: End, promise: str) -> None:
    assert [breach.promise for breach in ledger(end).breaches(recovery=5)] == [promise]


@pytest.mark.parametrize("end", [End.BROKEN, End.TOLD])
@pytest.mark.parametrize("server", ["plain", "engine"])
@pytest.mark.parametrize("at", [96, 105, 110])
def test_a_connection_may_break_because_of_a_fault(end: End, server: str, at: float) -> None:
    assert list(ledger(end, Fault(server, at)).breaches(recovery=5)) == []


@pytest.mark.parametrize("fault", [Fault("plain", 94), Fault("plain", 111), Fault("gateway", 105)])
def test_but_not_because_of_one_at_another_time_or_place(fault: Fault) -> None:
    assert [breach.promise for breach in ledger(End.BROKEN, fault).breaches(recovery=5)] == [CAUSED]


@pytest.mark.parametrize("end", [End.HUNG, End.HALF])
def test_no_fault_is_an_excuse_for_a_request_without_an_end_or_half_an_answer(end: End) -> None:
    assert len(list(ledger(end, Fault("plain", 105)).breaches(recovery=5))) == 1
