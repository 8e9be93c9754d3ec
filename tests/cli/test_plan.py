import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.planning.configs import LLAMA_3_8B
from tests.planning.models import billions, write_model

HEAVY = "import sys; heavy = {'torch', 'vllm', 'huggingface_hub', 'transformers'} & sys.modules.keys()"


def run(*arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dragoman", "plan", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **(variables or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_model(tmp_path / "model", LLAMA_3_8B, billions(8)))


def test_a_model_that_fits(model: str) -> None:
    done = run(model, "--gpu-kind", "H100")
    assert (done.returncode, done.stderr) == (0, "")
    assert "full attention (GQA): 8 KV heads for 32, 128 + 128 each, 4.0 KiB a token" in done.stdout
    assert "fits" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if not line.startswith("  # ")) <= 100 + len(model)


def test_a_model_that_does_not(model: str) -> None:
    done = run(model, "--gpu-memory", "16G", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["fit"]["fits"] is False
    assert {"tensor_parallel_size": 2} in [each["settings"] for each in told["remedies"]]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--gpu-kind", "H10O"], ["--gpu-kind H10O: "]),
        (["--gpu-kind"], ["--gpu-kind has no value"]),
        (["--max-model-len", "long", "--gpu-kind", "H100"], ["max_model_len: 'long' is not"]),
        (["/no/such/model", "--gpu-kind", "H100"], ["model '/no/such/model' (command line) does not exist"]),
        (["--gpu-kind", "H100", "--gpus", "0"], ["--gpus 0 leaves no GPU"]),
    ],
    ids=["kind", "no value", "setting", "model", "no GPU"],
)
def test_mistakes_are_lines(arguments: list[str], lines: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(line in done.stderr for line in lines)
    assert "Traceback" not in done.stderr


def test_help_teaches() -> None:
    done = run("--help")
    assert done.returncode == 0
    for taught in ("--gpu-kind KIND", "dragoman plan Qwen/Qwen3-32B", "1  it does not fit"):
        assert taught in done.stdout


def test_nothing_heavy_is_imported_for_a_model_that_is_here(model: str) -> None:
    program = f"""
import sys
from dragoman.cli import app
try:
    app(["plan", {model!r}, "--gpu-kind", "H100", "--json"], standalone_mode=False)
finally:
    {HEAVY}
    print(sorted(heavy), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "[]\n"
