"""The examination: all topics at a time, each in a thread of its own, and none for longer than it may take."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

from dragoman.diagnosis import (
    address,
    boots,
    caches,
    configuration,
    exposure,
    gpus,
    hub,
    installation,
    kernel,
    memory,
    model,
    shared_memory,
    storage,
    temporary,
    variables,
)
from dragoman.diagnosis.findings import Finding, advice
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic

# In the order in which a start meets them.
TOPICS: tuple[Topic[Any], ...] = (
    configuration.TOPIC,
    variables.TOPIC,
    installation.TOPIC,
    gpus.TOPIC,
    model.TOPIC,
    hub.TOPIC,
    storage.TOPIC,
    temporary.TOPIC,
    shared_memory.TOPIC,
    memory.TOPIC,
    kernel.TOPIC,
    address.TOPIC,
    exposure.TOPIC,
    caches.TOPIC,
    boots.TOPIC,
)
# What a whole examination may take, seconds.
PATIENCE = 5.0

# Is told which topics are still being looked at.
Heed: TypeAlias = Callable[[Sequence[str]], None]
_Looked: TypeAlias = tuple[Topic[Any], "list[Told]"]


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and the check and the topic that it is of."""

    topic: str
    check: str
    finding: Finding


def unheeded(topics: Sequence[str]) -> None:
    """Takes no notice."""


def examine(
    subject: Subject, heed: Heed = unheeded, topics: Sequence[Topic[Any]] = TOPICS, patience: float = PATIENCE
) -> list[Told]:
    """Return what all topics' checks find, in the topics' order; it raises nothing.

    Args:
        subject: what is examined.
        heed: is told which topics are still being looked at, whenever one is done.
        topics: what is looked at.
        patience: seconds; a topic that takes longer is left, and that is a finding.
    """
    looked: SimpleQueue[_Looked] = SimpleQueue()
    for topic in topics:
        # Daemons: a look that hangs does not keep the program from ending.
        Thread(target=_look, args=(topic, subject, looked), daemon=True).start()
    found: dict[str, list[Told]] = {}
    deadline = time.monotonic() + patience
    while len(found) < len(topics):
        heed([topic.name for topic in topics if topic.name not in found])
        try:
            topic, told = looked.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        found[topic.name] = told
    return [told for topic in topics for told in found.get(topic.name) or [_unfinished(topic, patience)]]


def _look(topic: Topic[Any], subject: Subject, looked: "SimpleQueue[_Looked]") -> None:
    try:
        facts = topic.look(subject)
    except Exception as error:
        looked.put((topic, [Told(topic.name, topic.checks[0].name, _failed(topic.name, error))]))
        return
    verdicts = ((check.name, finding) for check in topic.checks for finding in _judged(check, subject, facts))
    looked.put((topic, [Told(topic.name, name, finding) for name, finding in verdicts]))


def _judged(check: Check[Any], subject: Subject, facts: object) -> Iterator[Finding]:
    try:
        yield from list(check.judge(subject, facts))
    except Exception as error:
        yield _failed(check.name, error)


def _failed(what: str, error: Exception) -> Finding:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return advice(f"{what} could not be examined: {reason}", "What is wrong there, if anything, is not known.")


def _unfinished(topic: Topic[Any], patience: float) -> Told:
    what = f"{topic.name} could not be examined within {patience:g} seconds"
    return Told(topic.name, topic.checks[0].name, advice(what, "What is wrong there, if anything, is not known."))
