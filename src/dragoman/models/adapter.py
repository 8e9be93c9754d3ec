"""Makes a LoRA adapter for the bundled model: ``python -m dragoman.models.adapter DIR``.

It has learned nothing. Its weights are random, and strong enough for other answers than the model's own, so that a
test sees which of the two has answered. One seed gives the same adapter everywhere.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from dragoman.models import MINI

RANK = 8
MODULES = ("down_proj", "o_proj", "q_proj", "v_proj")
SEED = 7
SCALE = 1.0

Weights = NDArray[np.float32]


def shapes(model: Path) -> Iterator[tuple[str, int, int]]:
    """The matrices that are adapted: their names, and how many numbers go out and in."""
    with safe_open(model / "model.safetensors", framework="np") as file:
        for name in file.keys():  # noqa: SIM118 the file is no mapping
            module = name.removesuffix(".weight")
            if module.endswith(MODULES):
                outputs, inputs = file.get_slice(name).get_shape()
                yield module, outputs, inputs


def weights(model: Path, seed: int, scale: float) -> dict[str, Weights]:
    """The adapter's matrices under PEFT's names; what they add is as strong as what they get, times the scale."""
    random = np.random.default_rng(seed)
    made: dict[str, Weights] = {}
    for module, outputs, inputs in shapes(model):
        prefix = f"base_model.model.{module}"
        made[f"{prefix}.lora_A.weight"] = (random.standard_normal((RANK, inputs)) / inputs**0.5).astype(np.float32)
        made[f"{prefix}.lora_B.weight"] = (random.standard_normal((outputs, RANK)) * scale / RANK**0.5).astype(
            np.float32
        )
    return made


def configuration(model: Path) -> dict[str, object]:
    """What stands in ``adapter_config.json``, as PEFT writes it."""
    return {
        "base_model_name_or_path": str(model),
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": RANK,
        "lora_dropout": 0.0,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": RANK,
        "target_modules": list(MODULES),
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
    }


def write(directory: Path, seed: int = SEED, scale: float = SCALE) -> Path:
    """Writes an adapter for the bundled model.

    Args:
        directory: where to; it is made if it does not exist.
        seed: of the weights; another one makes an adapter that answers otherwise.
        scale: how far the adapter leads away from the model; 0 changes nothing.

    Returns:
        The directory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    save_file(weights(MINI, seed, scale), directory / "adapter_model.safetensors", metadata={"format": "pt"})
    text = json.dumps(configuration(MINI), indent=2) + "\n"
    (directory / "adapter_config.json").write_text(text)
    return directory


def main() -> None:
    """Parses the command line and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, metavar="DIR", help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=SCALE, help="how far from the model; 0 changes nothing")
    options = parser.parse_args()
    write(options.directory, options.seed, options.scale)


if __name__ == "__main__":
    main()
