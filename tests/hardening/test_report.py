"""What a run prints and writes."""

from rich.console import Console

from hardening.options import Options, Part
from hardening.outcome import Breach, Figure, Outcome
from hardening.report import complaints, document, table

OUTCOMES = {
    Part.FUZZ: Outcome((Figure("inputs tried", 1200), Figure("slowest", 1.234, "s"))),
    Part.CHAOS: Outcome((Figure("requests lost", 1),), (Breach("every request ends", "that one"),)),
}


def test_the_table_has_every_figure_and_the_seed() -> None:
    console = Console(width=100)
    with console.capture() as printed:
        console.print(table(OUTCOMES, Options(seed=7)))
    for text in ("seed 7", "inputs tried", "1,200", "1.23 s", "requests lost", "promises broken"):
        assert text in printed.get()


def test_a_broken_promise_is_told_with_its_evidence() -> None:
    assert list(complaints(OUTCOMES)) == ["chaos: NOT TRUE that every request ends: that one"]


def test_the_document_says_how_to_do_it_again() -> None:
    written = document(OUTCOMES, Options(seed=7), {"cores": 2})
    assert written["options"]["seed"] == 7  # type: ignore[index]
    assert written["parts"]["chaos"]["breaches"] == ({"promise": "every request ends", "evidence": "that one"},)  # type: ignore[index]
