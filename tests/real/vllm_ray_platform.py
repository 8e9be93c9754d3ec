"""A platform for vLLM that computes on a CPU and tells Ray that it is a GPU, because vLLM has no CPUs over Ray.

vLLM finds it as a plugin, in the worker's processes and in those that Ray starts.
"""

from pathlib import Path

DISTRIBUTION = {
    "METADATA": "Metadata-Version: 2.1\nName: pretended-gpu\nVersion: 1\n",
    "entry_points.txt": f"[vllm.platform_plugins]\npretended_gpu = {__name__}:register\n",
}


def install(directory: Path) -> None:
    """Make it a distribution that is found where the directory is in PYTHONPATH."""
    metadata = directory / "pretended_gpu-1.dist-info"
    metadata.mkdir()
    for name, text in DISTRIBUTION.items():
        (metadata / name).write_text(text)


def register() -> str:
    """Return the name of the platform's class, as vLLM asks a plugin for it."""
    return "tests.real.vllm_pretended_gpu.PretendedGpu"
