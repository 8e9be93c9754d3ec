"""A key of vLLM's, which nobody has who calls a custom model."""

from collections.abc import Iterator

from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

NAME = "api_key"


def api_key(view: View) -> Iterator[Outcome]:
    """Refuse a key: DataRobot checks those of its own, and DRUM's requests to vLLM bring none that would do."""
    if view.get(NAME) and view.get("engine_url") is None:
        yield Remark(f"{view.cite(NAME)}: calls come from DataRobot, which checks its own keys; remove it", fatal=True)
