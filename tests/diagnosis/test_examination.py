import threading
from collections.abc import Iterator

from dragoman.diagnosis.examination import TOPICS, examine
from dragoman.diagnosis.findings import Finding, fine
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from tests.diagnosis.subjects import subject


def healthy(subject: Subject, facts: str) -> Iterator[Finding]:
    yield fine(facts)


def broken(subject: Subject, facts: str) -> Iterator[Finding]:
    yield fine("said before it broke")
    raise LookupError("secret")


def unreadable(subject: Subject) -> str:
    raise PermissionError(13, "Permission denied")


def topic(name: str, *checks: Check[str]) -> Topic[str]:
    return Topic(name, lambda subject: f"{name} is there", checks or (Check(f"{name}-check", "", healthy),))


def told(*topics: Topic[str], patience: float = 30.0) -> list[tuple[str, str, str]]:
    found = examine(subject(), topics=topics, patience=patience)
    return [(each.check, each.finding.severity, each.finding.what) for each in found]


def test_topics_are_told_in_their_order() -> None:
    assert told(topic("a"), topic("b")) == [("a-check", "fine", "a is there"), ("b-check", "fine", "b is there")]


def test_a_check_that_fails_is_a_finding() -> None:
    checks = (Check("bad", "", broken), Check("good", "", healthy))
    assert told(topic("a", *checks)) == [
        ("bad", "advice", "bad could not be examined: LookupError"),
        ("good", "fine", "a is there"),
    ]


def test_what_cannot_be_looked_at_is_a_finding() -> None:
    unseen = Topic("a", unreadable, (Check("first", "", healthy), Check("second", "", healthy)))
    assert told(unseen) == [("first", "advice", "a could not be examined: Permission denied")]


def test_what_hangs_is_left() -> None:
    forever = threading.Event()
    try:
        hanging = Topic("a", lambda subject: str(forever.wait()), (Check("slow", "", healthy),))
        assert told(hanging, topic("b"), patience=0.2) == [
            ("slow", "advice", "a could not be examined within 0.2 seconds"),
            ("b-check", "fine", "b is there"),
        ]
    finally:
        forever.set()


def test_progress_names_what_is_still_looked_at() -> None:
    heard: list[list[str]] = []
    examine(subject(), lambda names: heard.append(list(names)), [topic("a")])
    assert heard == [["a"]]


def test_every_check_has_a_name_of_its_own() -> None:
    names = [check.name for each in TOPICS for check in each.checks]
    assert len(names) == len(set(names))
