"""What becomes of LMI's options, read by vLLM's own parser."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.platforms.lmi.configuration.rows import ROWS

PARSER = Path(__file__).parents[2] / "settings" / "vllm_parser.py"


@pytest.mark.real
def test_vllm_takes_every_row() -> None:
    lines = [list(on_lmi(row.environment, gpus=row.gpus).engine_args) for row in ROWS]
    question = json.dumps([(line, line) for line in lines])
    done = subprocess.run([sys.executable, PARSER], input=question, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    refused = {str(row): answer for row, answer in zip(ROWS, json.loads(done.stdout), strict=True) if answer}
    assert refused == {}
