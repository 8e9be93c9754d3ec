"""The script that makes adapters; tests/real/test_lmi_adapters.py has vLLM load what it makes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

from dragoman.models import MINI
from dragoman.models.adapter import write

FILES = ("adapter_config.json", "adapter_model.safetensors")


def read(directory: Path) -> list[bytes]:
    return [(directory / name).read_bytes() for name in FILES]


def test_it_has_the_files_that_peft_writes(tmp_path: Path) -> None:
    write(tmp_path / "one")
    assert tuple(sorted(path.name for path in (tmp_path / "one").iterdir())) == FILES


def test_its_matrices_fit_the_models(tmp_path: Path) -> None:
    adapter = load_file(write(tmp_path) / "adapter_model.safetensors")
    rank = json.loads((tmp_path / "adapter_config.json").read_text())["r"]
    names = {name.removeprefix("base_model.model.").rsplit(".lora_", 1)[0] for name in adapter}
    assert len(names) == 16
    with safe_open(MINI / "model.safetensors", framework="np") as model:
        for name in names:
            outputs, inputs = model.get_slice(f"{name}.weight").get_shape()
            assert adapter[f"base_model.model.{name}.lora_A.weight"].shape == (rank, inputs)
            assert adapter[f"base_model.model.{name}.lora_B.weight"].shape == (outputs, rank)


def test_a_seed_makes_one_adapter(tmp_path: Path) -> None:
    assert read(write(tmp_path / "one", seed=1)) == read(write(tmp_path / "same", seed=1))
    assert read(write(tmp_path / "one", seed=1)) != read(write(tmp_path / "other", seed=2))


def test_a_scale_of_nothing_changes_nothing(tmp_path: Path) -> None:
    adapter = load_file(write(tmp_path, scale=0) / "adapter_model.safetensors")
    assert not any(np.any(matrix) for name, matrix in adapter.items() if "lora_B" in name)


def test_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dragoman.models.adapter", str(tmp_path / "one"), "--seed", "3", "--scale", "0.5"]
    subprocess.run(command, check=True)
    assert read(tmp_path / "one") == read(write(tmp_path / "same", seed=3, scale=0.5))
