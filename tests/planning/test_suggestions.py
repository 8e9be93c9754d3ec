"""What a plan suggests is the plan, on every platform: each text is read by that platform's own sources."""

from pathlib import Path
from typing import Any

import pytest

from dragoman.planning.plan import Plan
from dragoman.platforms import resolve
from dragoman.written.target import Written
from tests.planning.configs import GEMMA_3_4B, LLAMA_3_8B
from tests.planning.models import billions, write_model, write_weights
from tests.planning.plans import planned
from tests.settings.resolutions import COMPILER
from tests.written import readers

TARGETS = ("cli", "datarobot", "lmi", "runpod")
# A model, its size in billions of parameters, and what is planned with, the device first.
PLANS: dict[str, tuple[dict[str, Any], float, tuple[str, ...]]] = {
    "it fits on one of three": (LLAMA_3_8B, 8, ("--gpu-kind", "L4", "--gpus", "3")),
    "it fits on two of four": (LLAMA_3_8B, 50, ("--gpu-kind", "A100", "--gpus", "4")),
    "it fits on a large GPU": (GEMMA_3_4B, 4, ("--gpu-kind", "H200")),
    "it fits with what was set": (
        *(LLAMA_3_8B, 8),
        ("--gpu-memory", "48G", "--max-num-seqs", "7", "--max-model-len", "3k", "--gpu-memory-utilization", "0.7"),
    ),
    "it fits with as long requests as it can": (LLAMA_3_8B, 8, ("--gpu-kind", "L4", "--max-model-len", "auto")),
}
# The same, for plans that need the first remedy.
MENDED: dict[str, tuple[dict[str, Any], float, tuple[str, ...]]] = {
    "shorter requests": (LLAMA_3_8B, 8.2, ("--gpu-memory", "18.3G")),
    "more GPUs": (LLAMA_3_8B, 70, ("--gpu-kind", "A100")),
    "another degree": (LLAMA_3_8B, 70, ("--gpu-kind", "A100", "--gpus", "2", "-tp", "1")),
}


def model(directory: Path, config: dict[str, Any], size: float) -> str:
    return str(write_model(directory / "model", config, billions(size)))


def pasted(made: Plan, target: str, directory: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command line and the variables of a worker that has what was suggested."""
    (found,) = (each for each in made.suggestions if each.target == target)
    platform, reader = readers.READERS[target]
    arguments, variables = reader(Written(found.target, found.files), directory)
    return ["--platform", platform, *arguments], variables


def again(made: Plan, target: str, directory: Path, device: tuple[str, ...], gpus: int) -> Plan:
    arguments, variables = pasted(made, target, directory)
    return planned(*arguments, *device, "--gpus", str(gpus), environment=variables)


def outcome(made: Plan) -> dict[str, Any]:
    engine = made.engine
    return {
        "tensor_parallel_size": made.fit.degree,
        "gpu_memory_utilization": engine.utilization,
        "max_model_len": made.fit.length,
        "max_num_seqs": engine.sequences,
        "max_num_batched_tokens": engine.batched,
    }


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("config", "size", "arguments"), PLANS.values(), ids=PLANS)
def test_the_text_gives_the_plan(
    tmp_path: Path, config: dict[str, Any], size: float, arguments: tuple[str, ...], target: str
) -> None:
    made = planned(model(tmp_path, config, size), *arguments)
    assert made.fit.fits
    assert outcome(again(made, target, tmp_path, arguments[:2], made.device.count)) == outcome(made)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("config", "size", "arguments"), MENDED.values(), ids=MENDED)
def test_the_first_remedy_mends_it(
    tmp_path: Path, config: dict[str, Any], size: float, arguments: tuple[str, ...], target: str
) -> None:
    made = planned(model(tmp_path, config, size), *arguments)
    remedy = dict(made.remedies[0].settings)
    gpus = max(made.device.count, remedy.get("tensor_parallel_size", 1))
    mended = again(made, target, tmp_path, arguments[:2], gpus)
    assert (made.fit.fits, mended.fit.fits) == (False, True)
    assert outcome(mended) == {**outcome(made), **remedy}


@pytest.mark.parametrize("target", TARGETS)
def test_all_that_was_said_is_there(tmp_path: Path, target: str) -> None:
    made = planned(
        *(model(tmp_path, LLAMA_3_8B, 8), "--gpu-kind", "H100", "--revision", "abc", "--seed", "7"),
        *("--hf-overrides", '{"max_position_embeddings": 4096}', "--disable-hybrid-kv-cache-manager"),
        *("--no-async-scheduling", "--performance-mode", "throughput", "-O1", "--no-enable-chunked-prefill"),
        *("--runner", "generate", "--mamba-cache-dtype", "float32", "--mamba-ssm-cache-dtype", "float32"),
        *("--load-format", "safetensors", "--ignore-patterns", "*.pth", "--num-gpu-blocks-override", "1000"),
    )
    arguments, variables = pasted(made, target, tmp_path)
    there = resolve(arguments, {**COMPILER, **variables})
    said = {each.name: each.value for each in made.resolution.settings if each.source == "command line"}
    del said["gpus"]
    assert len(said) == 15
    assert {name: there.value(name) for name in said} == said


def test_a_file_alone_is_nothing_that_a_worker_serves(tmp_path: Path) -> None:
    file = write_weights(tmp_path / "alone.safetensors", billions(1))
    assert planned(str(file), "--gpu-kind", "H100").suggestions == ()
