"""Options that LMI and vLLM both have, under two names."""

from collections.abc import Iterator

from dragoman.platforms.lmi.configuration.origins import is_option
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.values import Value
from dragoman.settings.view import View


def conflict(view: View, name: str, value: Value, theirs: str) -> Iterator[Outcome]:
    """Refuse an option of LMI's beside the same option of vLLM's with another value, as LMI does.

    Args:
        view: what has been set.
        name: LMI's option, which has been set.
        value: what it says in vLLM's words.
        theirs: vLLM's name.
    """
    other = view.settled(theirs)
    if other and is_option(view, other) and other.value != value:
        yield Remark(f"{view.cite(name)} and {view.cite(theirs)} contradict each other: set only {name}", fatal=True)
