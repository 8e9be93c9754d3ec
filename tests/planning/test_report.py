from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman.planning.report import lines
from tests.planning.configs import BERT_BASE, DEEPSEEK_V3, GEMMA_3_4B, JAMBA_MINI, LLAMA_3_8B
from tests.planning.models import billions, write_model
from tests.planning.plans import planned


def shown(directory: Path, config: Mapping[str, Any], size: float, *arguments: str) -> list[str]:
    write_model(directory, config, billions(size))
    return [line.plain for line in lines(planned(str(directory), *arguments), 100)]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (LLAMA_3_8B, "full attention (GQA): 8 KV heads for 32, 128 + 128 each, 4.0 KiB a token"),
        (GEMMA_3_4B, "20.0 KiB in bfloat16, and 116.0 KiB more while it is in the window"),
        (DEEPSEEK_V3, "latent attention (MLA): one latent of 512 + 64 values for all heads, 1.1 KiB a token"),
        (JAMBA_MINI, "Mamba state: one state for a sequence, however long it is, 304.0 KiB"),
        (BERT_BASE, "it attends to both sides, and keeps nothing of a request"),
        ({**DEEPSEEK_V3, "index_topk": 64}, "its attention is of a kind that is not known here"),
    ],
    ids=["llama", "gemma", "deepseek", "jamba", "bert", "unknown"],
)
def test_how_a_cache_comes_about(tmp_path: Path, config: Mapping[str, Any], told: str) -> None:
    found = shown(tmp_path, config, 4, "--gpu-kind", "H100")
    assert told in " ".join(" ".join(found).split())
    assert max(len(line) for line in found if str(tmp_path) not in line) <= 100


def test_what_would_make_it_fit_is_told(tmp_path: Path) -> None:
    found = shown(tmp_path, LLAMA_3_8B, 70, "--gpu-kind", "A100-80G")
    begins = found.index("it would fit with")
    assert found[begins + 1] == "  2 GPUs of this kind       tensor_parallel_size=2"
    assert any(line.startswith("  verdict                   does not fit: ") for line in found)


def test_a_model_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    found = shown(
        tmp_path, {**LLAMA_3_8B, "architectures": ["A\x1b[2J\nB"], "model_type": "\x9b2J"}, 1, "--gpu-kind", "H100"
    )
    assert "  class                     A\ufffd[2J\ufffdB" in found
    assert all(letter.isprintable() for line in found[:10] for letter in line)


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    write_model(tmp_path, LLAMA_3_8B)
    found = [line.plain for line in lines(planned(str(tmp_path), "--gpu-kind", "H100"), 100)]
    told = [" ".join(line.split()) for line in found]
    for row in ("parameters", "files", "in memory", "weights", "cache", "loading the weights"):
        assert any(line.startswith(f"{row} not known") for line in told), row


def test_several_gpus_share_the_heads(tmp_path: Path) -> None:
    found = shown(tmp_path, LLAMA_3_8B, 8, "--gpu-kind", "H100", "--gpus", "4", "-tp", "4")
    assert any("8 KV heads for 32 (2 on each GPU)" in line for line in found)
    assert any("32.0 KiB on each GPU in bfloat16" in line for line in found)
