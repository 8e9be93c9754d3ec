"""What becomes of runtime parameters and engine_config.json, read by vLLM's own parser."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import MODEL, on_datarobot, write_arguments
from tests.platforms.datarobot.rows import ROWS

PARSER = Path(__file__).parents[2] / "settings" / "vllm_parser.py"
ARGUMENTS = ["--served-model-name", "one", "two", "-tp=2", "--max_model_len", "4k", "--hf-overrides.a.b", 1, "-O3"]


@pytest.mark.real
def test_vllm_takes_every_row(tmp_path: Path) -> None:
    lines = [list(on_datarobot({**MODEL, **row.environment}).engine_args) for row in ROWS]
    lines.append(
        list(on_datarobot({**MODEL, "GPU_COUNT": "4"}, code=write_arguments(tmp_path, *ARGUMENTS)).engine_args)
    )
    question = json.dumps([(line, line) for line in lines])
    done = subprocess.run([sys.executable, PARSER], input=question, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    refused = {" ".join(line): answer for line, answer in zip(lines, json.loads(done.stdout), strict=True) if answer}
    assert refused == {}
