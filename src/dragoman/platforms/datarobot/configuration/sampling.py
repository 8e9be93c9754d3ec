"""How the answers to rows are drawn."""

from collections.abc import Iterator

from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View


def sampling(view: View) -> Iterator[Outcome]:
    """Refuse several answers without chance, which vLLM refuses at each row."""
    if view.get("n", 1) > 1 and view.get("temperature") == 0:
        cited = f"{view.cite('n')} with {view.cite('temperature')}"
        reason = f"all {view.get('n')} answers would be the same: set temperature above 0, or n to 1"
        yield Remark(f"{cited}: {reason}", fatal=True)
