"""A process with Helm's engine in it: a request in each line of standard input, an answer on standard output."""

import json
import sys
from typing import Any

from helm_python import chart
from helm_python.errors import HelmError


def answer(path: str, release: dict[str, Any] | None) -> dict[str, Any]:
    """The text of each template by its name, or Helm's words on why not; without a release, what lint finds."""
    if release is None:
        return dict(chart.lint(path, strict=True))
    try:
        with chart.Chart.load(path) as loaded:
            return {"templates": loaded.render(**release)}
    except HelmError as error:
        return {"refused": str(error)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), flush=True)
