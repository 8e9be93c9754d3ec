"""The file that describes the deployment."""

from collections.abc import Iterator
from pathlib import Path

from dragoman.platforms.datarobot.configuration.files import Unreadable, json_object, reason
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

NAME = "deployment_config"


def deployment_config(view: View) -> Iterator[Outcome]:
    """Look for a file that cannot be read, or that lacks what predictions need of it: the target's name."""
    path = view.get(NAME)
    if path is None:
        return
    try:
        held = json_object(Path(path))
    except Unreadable as problem:
        yield Remark(f"{view.cite(NAME)} cannot be read: {reason(problem)}", fatal=True)
        return
    target = held.get("target")
    if not isinstance(target, dict):
        yield Remark(f"{view.cite(NAME)} has no section 'target'", fatal=True)
    elif not isinstance(target.get("name"), str):
        yield Remark(f"{view.cite(NAME)} has no name in its section 'target'", fatal=True)
