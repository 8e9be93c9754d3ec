"""What earlier starts of the same configuration were made of."""

import shlex
from collections.abc import Iterator

from dragoman.diagnosis.findings import Finding, advice, fine
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.process.boots import Boots
from dragoman.process.timeline import DOWNLOADING, IMPORTING, Boot, BootPhase

# The same kind of start as the worker's first: with an import of the engine.
FIRST = Boot(0.0, (BootPhase(IMPORTING, 0.0, 0.0),))
# A phase that takes more than this share of a start that lasts longer than this many seconds is worth a word.
SHARE, LONG = 0.6, 60.0


def look(subject: Subject) -> Boot | None:
    """Read the last start of this configuration; None where none is known, or the settings have errors."""
    return None if subject.resolution.errors else Boots.of(subject.resolution, subject.variables).last(FIRST)


def last(subject: Subject, boot: Boot | None) -> Iterator[Finding]:
    """How long the last start took, and with what."""
    if boot is None:
        yield fine("no start of this configuration has reached its first token yet, or none was written down")
        return
    longest = max(boot.phases, key=lambda phase: phase.seconds)
    told = f"the last start took {boot.seconds:.1f} seconds, {longest.seconds:.1f} of them for {longest.name}"
    if boot.seconds > LONG and longest.seconds > SHARE * boot.seconds and longest.name == DOWNLOADING:
        why = "A model in the image or on a volume need not be downloaded."
        yield advice(told, why, f"dragoman bake {shlex.quote(str(subject.value('model')))}")
    else:
        yield fine(told)


TOPIC = Topic(
    "earlier starts",
    look,
    (Check("last-start", "How long the last start of this configuration took, and with what.", last),),
)
