import os
from pathlib import Path

import pytest

from bench.drum import MISSING, PROGRAM

HERE = Path(__file__).parent
REQUIRED = os.environ.get("DRAGOMAN_TEST_DRUM") == "required"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.skipif(not (REQUIRED or PROGRAM.exists()), reason=MISSING))
