"""Models that are no more than what their size is told by."""

import json
from pathlib import Path
from typing import Any

CONFIG = {
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "hidden_size": 512,
    "max_position_embeddings": 4096,
}
# Two values of two bytes for each dimension of each head of each layer.
TOKEN = 2 * 2 * 64 * 2 * 4


def write_model(directory: Path, parameters: int = 1000, **config: int | None) -> Path:
    """Writes a model with one tensor of so many parameters, none of which are there."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps({**CONFIG, **config}))
    write_weights(directory / "model.safetensors", {"w": {"dtype": "BF16", "shape": [parameters]}})
    return directory


def write_weights(file: Path, header: dict[str, Any]) -> None:
    """Writes a safetensors file that ends with its header."""
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text)
