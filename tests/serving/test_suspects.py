import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.serving import suspects
from dragoman.serving.suspects import GUILTY, NOTED, RECORD, REMEMBERED, SENTENCE, TABLE, Suspects, digest

A, B, C = (digest("/v1/completions", [body]) for body in (b"a", b"b", b"c"))


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


def died_with(directory: Path, *present: bytes, clock: Callable[[], float] = time.time) -> Suspects:
    """What the next server process knows after one that died with these requests at the engine."""
    before = Suspects(directory, clock)
    for each in present:
        before.note(each)
    return Suspects(directory, clock)


def guilty(known: Suspects) -> list[bytes]:
    return [each for each in (A, B, C) if known.guilty_for(each)]


def test_a_request_that_was_alone_with_the_engine_is_guilty(tmp_path: Path) -> None:
    assert guilty(died_with(tmp_path, A)) == [A]


def test_one_of_several_is_guilty_when_it_was_there_at_two_deaths(tmp_path: Path) -> None:
    assert guilty(died_with(tmp_path, A, B)) == []
    assert guilty(died_with(tmp_path, B, C)) == [B]


def test_the_same_request_several_times_is_not_alone(tmp_path: Path) -> None:
    assert guilty(died_with(tmp_path, A, A)) == []


def test_the_verdict_outlives_other_deaths(tmp_path: Path) -> None:
    died_with(tmp_path, A)
    assert guilty(died_with(tmp_path, B, C)) == [A]
    assert guilty(died_with(tmp_path)) == [A]


def test_guilt_lapses_after_a_time_that_doubles_with_each_death(tmp_path: Path) -> None:
    clock = Clock()
    for sentence in (SENTENCE, 2 * SENTENCE, 4 * SENTENCE):
        known = died_with(tmp_path, A, clock=clock)
        assert known.guilty_for(A) == sentence
        clock.now += sentence - 1
        assert guilty(Suspects(tmp_path, clock)) == guilty(known) == [A]
        clock.now += 1
        assert guilty(Suspects(tmp_path, clock)) == guilty(known) == []


def test_one_whose_guilt_has_lapsed_need_not_be_alone_at_the_next_death(tmp_path: Path) -> None:
    clock = Clock()
    died_with(tmp_path, A, clock=clock)
    clock.now += SENTENCE
    assert guilty(died_with(tmp_path, A, B, clock=clock)) == [A]


def test_one_that_was_answered_after_its_guilt_had_lapsed_is_as_good_as_any(tmp_path: Path) -> None:
    clock = Clock()
    known = died_with(tmp_path, A, clock=clock)
    clock.now += SENTENCE
    known.acquit(A)
    assert died_with(tmp_path, A, clock=clock).guilty_for(A) == SENTENCE


def test_what_has_ended_was_not_there(tmp_path: Path) -> None:
    before = Suspects(tmp_path)
    ended, left = before.note(A), before.note(B)
    before.strike_out(ended)
    assert left is not None
    assert guilty(Suspects(tmp_path)) == [B]


def test_a_suspect_that_the_engine_has_answered_is_none(tmp_path: Path) -> None:
    died_with(tmp_path, A, B).acquit(A)
    assert guilty(died_with(tmp_path, A, B)) == [B]


def test_at_first_nobody_is_suspected_and_nothing_is_recorded(tmp_path: Path) -> None:
    assert guilty(Suspects(tmp_path)) == []
    assert [path.name for path in tmp_path.iterdir()] == [TABLE]


def test_nothing_of_a_request_is_kept(tmp_path: Path) -> None:
    secret = digest("/v1/completions", [b"my secret", b" prompt"])
    died_with(tmp_path, secret, secret)
    kept = (tmp_path / RECORD).read_bytes() + (tmp_path / TABLE).read_bytes()
    assert b"secret" not in kept


def test_the_pieces_of_a_body_make_no_difference_but_the_path_does() -> None:
    assert digest("/a", [b"b", b"c"]) == digest("/a", [b"bc"]) != digest("/b", [b"bc"])


def test_more_requests_than_the_table_holds_are_not_noted(tmp_path: Path) -> None:
    full = Suspects(tmp_path)
    places = [full.note(A) for _ in range(NOTED)]
    assert None not in places
    assert full.note(B) is None
    full.strike_out(None)
    full.strike_out(places[0])
    assert full.note(B) == places[0]


def test_the_oldest_suspects_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "REMEMBERED", 2)
    for each in (A, B, C):
        known = died_with(tmp_path, each)
    assert guilty(known) == [B, C]
    assert REMEMBERED > GUILTY


def test_a_directory_that_takes_no_files_is_no_reason_not_to_serve(tmp_path: Path) -> None:
    known = died_with(tmp_path / "missing", A)
    assert guilty(known) == []
