"""What we believe that configurations leave out, against the installed transformers and vLLM."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

DUMP = Path(__file__).parent.parent.parent / "tools" / "dump_model_types.py"


def test_the_types_are_those_of_the_installed_transformers() -> None:
    done = subprocess.run([sys.executable, DUMP, "--check"], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout
