"""A plan's numbers against those of the installed vLLM, for tiny models of different architectures."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman.planning.document import document
from dragoman.planning.plan import plan
from dragoman.planning.request import request, resolved
from tests.real.vllm_sizes import MEMORY, MODELS

SCRIPT = Path(__file__).parent / "vllm_sizes.py"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def vllms(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    """What vLLM makes of each model, by its name."""
    run = subprocess.run(
        [sys.executable, SCRIPT, tmp_path_factory.mktemp("models")],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    told = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    assert len(told) == len(MODELS), run.stderr[-2000:]
    return {each["name"]: each for each in told}


def planned(directory: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The plan's numbers by vLLM's names for them."""
    flags = [f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}") for name, value in settings.items()]
    asked = request([directory, "--gpus", "0", *flags])
    told = document(plan(asked, resolved(asked, os.environ), os.environ))
    fit = told["fit"]
    return {
        "tokens": fit["kv_cache_size_tokens"],
        "concurrency": fit["max_concurrency"],
        "blocks": fit["blocks"],
        "block_size": fit["block_size"],
        "length": fit["max_model_len"],
        "dtype": f"torch.{told['weights']['dtype']}",
        "sequences": fit["max_num_seqs"],
        "batched": fit["max_num_batched_tokens"],
    }


@pytest.mark.parametrize("name", MODELS)
def test_the_numbers_are_vllms(vllms: Mapping[str, dict[str, Any]], name: str) -> None:
    vllm = vllms[name]
    found = planned(vllm["directory"], {"kv_cache_memory_bytes": MEMORY, **MODELS[name][3]})
    if vllm["tokens"] is None:
        assert found["tokens"] is None
        return
    expected = {**{key: vllm[key] for key in found}, "concurrency": round(vllm["concurrency"], 2)}
    assert found == expected


def test_the_parameters_are_those_of_the_models(vllms: Mapping[str, dict[str, Any]]) -> None:
    for name, vllm in vllms.items():
        asked = request([vllm["directory"], "--gpus", "0"])
        told = document(plan(asked, resolved(asked, os.environ), os.environ))
        assert told["parameters"] == vllm["parameters"], name
